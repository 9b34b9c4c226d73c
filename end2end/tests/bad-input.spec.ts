// What people type and programs send that is not as it should be: a clear message, nothing lost, nothing 500.
// Told both ways: what is refused keeps what was typed, whether the page stays or another one comes.
import { expect, test, type Page } from "@playwright/test";

import { openFold, rowOf } from "./admin";
import {
  decide,
  decisionComment,
  expectProviderToKnow,
  fillLaunchForm,
  findings,
  launch,
  NAMESAKE,
  newReference,
  panel,
  send,
  taskOf,
  untilOutcome,
} from "./checks";
import {
  actAs,
  collectComplaints,
  expectNoAxeViolations,
  expectNoComplaints,
  expectToAppear,
  SANDBOX_URL,
  tasks,
  withScripts,
} from "./helpers";
import { told } from "./told";

/** An id of the right form that nobody has. */
const NOBODY = "01937000-0000-7000-8000-000000000000";

/** The words of a page's heading and first sentence. */
function words(html: string): string {
  return html.replace(/^[^]*<h1>/, "").replace(/<[^>]+>/g, " ");
}

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("the 4,001st character of a comment is refused beside it, and all 4,001 are still there", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("long");
  await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  const fits = `${"é".repeat(3_998)}\n🙂`;
  expect([...fits]).toHaveLength(4_000);
  const reason = "Overall risk outside our appetite";
  await decide(page, "Reject", reason, `${fits}!`);
  await expect(decisionComment(page)).toHaveAccessibleDescription(/too long\. The limit is 4,000\. 4,001 of 4,000 characters$/);
  await expect.soft(decisionComment(page), "in good English").toHaveAccessibleDescription(/The comment is 1 character too long\./, { timeout: 1_000 });
  await expect(decisionComment(page)).toHaveValue(`${fits}!`);
  await expect(panel(page).getByRole("radio", { name: /^Reject/ })).toBeChecked();
  await expect(panel(page).getByLabel("Reason to reject").getByRole("option", { selected: true })).toHaveText(reason);
  expect(page.url(), "nothing typed stands in the address").not.toContain("%C3");
  await expectNoAxeViolations(page);
  expect(await taskOf(reference)).toMatchObject({ accepted: null, effects: 0 });

  // 4,000 are taken, and told to the last one.
  await decisionComment(page).fill(fits);
  await panel(page).getByRole("button", { name: "Reject and tell KryptoGO" }).click();
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
  await expect.poll(async () => (await taskOf(reference)).effects, { timeout: 20_000 }).toBe(1);
  expect(String((await taskOf(reference)).comment).replaceAll("\r\n", "\n")).toBe(fits);
  expectNoComplaints(complaints, 422);
});

test("a comment for colleagues that is too long is refused beside it, and is still there", async ({ page }) => {
  await launch(page, NAMESAKE, newReference("talk"));
  await untilOutcome(page);
  const comment = page.getByRole("textbox", { name: "Comment for colleagues" });
  await comment.fill("w".repeat(4_001));
  await page.getByRole("button", { name: "Add comment" }).click();
  await expect(comment).toHaveAccessibleDescription(/4,000/);
  await expect(comment).toHaveAttribute("aria-invalid", "true");
  await expect(comment).toHaveValue("w".repeat(4_001));

  // Larger than any form may be: said in words, and what was typed is not gone.
  await comment.fill("w".repeat(300_000));
  await page.getByRole("button", { name: "Add comment" }).click();
  await expect(page.getByText(/A form may be 256 KB\. Nothing was changed\./)).toBeVisible();
  if (!withScripts()) await page.goBack();
  await expect(comment).toHaveValue("w".repeat(300_000));
  await comment.fill("Short and good.");
  await page.getByRole("button", { name: "Add comment" }).click();
  await expect(page.getByRole("list").filter({ hasText: "Short and good." })).toBeVisible();
});

test("odd dates, names and references are refused beside their fields, and all of it is kept", async ({ page }) => {
  const complaints = collectComplaints(page);
  const field = (name: RegExp) => page.getByRole("textbox", { name });
  const [reference, name, born] = [field(/^Customer reference/), field(/^Name/), field(/^Birth date/)];
  const known = newReference("odd");
  const future = `${new Date().getUTCFullYear() + 1}-02-28`;
  for (const [typed, birth, about] of [
    ["Søren Ødegård", future, /This date is in the future\.$/],
    ["Søren Ødegård", "1999-02-29", /This day does not exist\.$/],
    ["Søren Ødegård", "22.03.1979", /Give the date as YYYY-MM-DD, for example 1990-06-21\.$/],
    ["Søren Ødegård", "1066-10-14", /This date is too long ago for a living person\.$/],
    ["🙂 🎉", "1979-03-22", /The name needs at least one letter or digit\.$/],
    ["Safe \u202Egnirts", "1979-03-22", /This contains an invisible character \(U\+202E\)/],
  ] as const) {
    await fillLaunchForm(page, NAMESAKE, known);
    await name.fill(typed);
    await born.fill(birth);
    await page.getByRole("button", { name: "Launch at KryptoGO" }).click();
    await expect(page.getByRole("alert")).toContainText("One field needs a change.");
    const wrong = birth === "1979-03-22" ? name : born;
    await expect(wrong).toHaveAccessibleDescription(about);
    await expect(wrong).toHaveAttribute("aria-invalid", "true");
    await expect(name).toHaveValue(typed);
    await expect(born).toHaveValue(birth);
    await expect(reference).toHaveValue(known);
  }
  await fillLaunchForm(page, NAMESAKE, known);
  await reference.fill("two words <b>");
  await page.getByRole("button", { name: "Launch at KryptoGO" }).click();
  await expect(reference).toHaveAccessibleDescription(/Use letters, digits and \. _ - \/ : @ # only, without spaces\.$/);
  await expect(reference).toHaveValue("two words <b>");
  await expectNoAxeViolations(page);
  expect((await tasks()).filter((task) => task.customer_reference === known)).toEqual([]);
  expectNoComplaints(complaints, 422);
});

test("a click that leaves a wrong field does what was clicked", async ({ page }) => {
  await fillLaunchForm(page, NAMESAKE, newReference("click"));
  const source = page.getByRole("checkbox", { name: "Negative news" });
  await expect(source).not.toBeChecked();
  await page.getByRole("textbox", { name: /^Birth date/ }).fill("1999-02-29");
  await source.click();
  await expect(source, "the message that appears moves nothing away from under the pointer").toBeChecked();
});

test("script in a name, a comment, a note and metadata stays text wherever it is shown", async ({ page }) => {
  test.setTimeout(120_000);
  const complaints = collectComplaints(page);
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    if (dialog.type() !== "beforeunload") dialogs.push(dialog.message());
    void dialog.accept();
  });
  const name = `<script>alert("name")</script> "O'Neil" & Søn`;
  const comment = `</textarea><img src=x onerror=alert("comment")> {{7*7}} \${7*7}`;
  const note = `"><svg onload=alert("note")>`;
  const reference = newReference("script");
  const id = await launch(page, { ...NAMESAKE, name }, reference);
  await untilOutcome(page);
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
  await expect(page).toHaveTitle(new RegExp(`^<script>alert\\("name"\\)</script> "O'Neil" & Søn, ${reference}`));

  const said = page.getByRole("textbox", { name: "Comment for colleagues" });
  await said.fill(comment);
  await page.getByRole("button", { name: "Add comment" }).click();
  await expect(page.getByRole("list").filter({ hasText: comment })).toBeVisible();
  await openFold(page, "Metadata 0");
  await page.getByRole("textbox", { name: "Key" }).fill("onmouseover=alert(1)");
  await page.getByRole("textbox", { name: "Value", exact: true }).fill(note);
  await page.getByRole("button", { name: "Add and tell KryptoGO" }).click();
  await expect(page.getByRole("textbox", { name: "Value of onmouseover=alert(1)" })).toHaveValue(note);
  await decide(page, "Reject", "Overall risk outside our appetite", comment);
  await expect(panel(page).getByRole("definition").filter({ hasText: comment })).toBeVisible();
  await expectNoAxeViolations(page);
  await expectProviderToKnow(reference, { name, comment, metadata: { "onmouseover=alert(1)": note } });
  await page.goto(`/checks/${id}`);
  await panel(page).getByRole("link", { name: "What they saw" }).click();
  await expect(page.getByText(comment)).toBeVisible();

  await page.goto(`/checks?tab=all&q=${reference}`);
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: `Select ${name}, ${reference}` })).toBeVisible();
  await page.goto(`/checks?tab=all&q=${encodeURIComponent(note)}`);
  await expect(page.getByRole("searchbox", { name: /^Text/ })).toHaveValue(note);
  await page.goto(`/customers?q=${encodeURIComponent(name)}`);
  await expect(page.getByRole("link", { name, exact: true }).first()).toBeVisible();
  await page.goto(`/customers/${reference}`);
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();

  await actAs(page, "sofia");
  await page.goto("/decisions");
  await expect(rowOf(page, "Decisions", reference).getByRole("link", { name, exact: true })).toBeVisible();
  await page.goto(`/journal?about=${id}`);
  await expect(rowOf(page, "Journal", "Decision recorded")).toBeVisible();
  await page.goto(`/journal?about=${encodeURIComponent(note)}&person=${encodeURIComponent(note)}`);
  await expect(page.getByRole("searchbox", { name: /^About/ })).toHaveValue(note);
  expect(dialogs, "no script of a customer ran").toEqual([]);
  expectNoComplaints(complaints);
});

test("an analyst's note cannot put a form on the supervisor's page", async ({ page }) => {
  const complaints = collectComplaints(page);
  const note = `</textarea></form><form method="post" action="/api/checks/approve"><button>Approve it all</button></form><!-- <meta http-equiv="refresh" content="0;url=/keys">`;
  const id = await launch(page, NAMESAKE, newReference("note"));
  await untilOutcome(page);
  const finding = findings(page).first();
  const written = page.getByRole("textbox", { name: "Note on 1" });
  if (!(await written.isVisible())) await finding.getByText("Note", { exact: true }).click();
  await written.fill(note);
  await finding.getByRole("button", { name: "Relevant" }).click();
  await expect(finding.getByRole("button", { name: "Relevant" })).toHaveAttribute("aria-pressed", "true");
  for (const account of ["anna", "sofia"] as const) {
    await actAs(page, account);
    await page.goto(`/checks/${id}`);
    await expect(page.getByRole("textbox", { name: "Note on 1" })).toHaveValue(note);
    await expect(page.getByRole("button", { name: "Approve it all" })).toHaveCount(0);
    await expect(page.getByRole("link", { name: /^Keys/ }).last(), "the page goes on to its end").toBeVisible();
  }
  expectNoComplaints(complaints);
});

test("an address that says what was done is not believed", async ({ page }) => {
  await page.goto("/checks?tab=all&done=decided-many&n=999");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("999 checks were decided")).toHaveCount(0);
  await launch(page, NAMESAKE, newReference("said"));
  const said = page.getByText("The check was launched; it is sent now.");
  await expect(said).toBeVisible();
  expect(page.url()).toContain("done=launched");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(said, "it is said once").toHaveCount(0);
  await actAs(page, "sofia");
  await page.goto("/journal?verified=intact&n=999999&head=abc");
  await expect(page.getByRole("heading", { level: 1, name: "Journal" })).toBeVisible();
  await expect(page.getByText("follow from one another")).toHaveCount(0);
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await expect(page.getByText("follow from one another")).toBeVisible();
});

test("emoji, right-to-left text and long names travel to the provider and back unchanged", async ({ page }) => {
  const complaints = collectComplaints(page);
  for (const name of [
    "Zoë 👩‍👩‍👧 Ångström",
    "عبد الرحمن بن يوسف",
    `${"Maximiliane".repeat(23)} X`,
  ]) {
    const reference = newReference("unicode");
    await launch(page, { ...NAMESAKE, name }, reference);
    const heading = page.getByRole("heading", { level: 1, name, exact: true });
    await expect(heading).toBeVisible();
    await expectProviderToKnow(reference, { name });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide, "the check's page does not scroll sideways").toBeLessThanOrEqual(0);
    await page.goto(`/checks?tab=all&q=${reference}`);
    await expect(page.getByRole("row", { name: new RegExp(reference) }).getByRole("link", { name, exact: true })).toBeVisible();
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wider, "the queue does not scroll sideways").toBeLessThanOrEqual(0);
  }
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints);
});

test("whoever decides a check that somebody has decided meanwhile is told by whom, and gets the text back", async ({ page, browser }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  const reference = newReference("late");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await panel(page).getByLabel("Reason to accept").selectOption({ label: "Findings are true but not material" });
  await decisionComment(page).fill("Anna's careful words.");

  const elsewhere = await browser.newContext();
  try {
    const bens = await elsewhere.newPage();
    await actAs(bens, "ben");
    await bens.goto(`/checks/${id}`);
    await decide(bens, "Reject", "Overall risk outside our appetite", "Ben was first.");
    await expect(bens.getByText("Decided. The provider is being told.")).toBeVisible();
  } finally {
    await elsewhere.close();
  }

  await panel(page).getByRole("button", { name: "Accept and tell KryptoGO" }).click();
  await expect(page.getByRole("alert")).toContainText(/Ben Okafor already rejected this check on .+\. Your text is kept below; nothing of it was recorded\./);
  await expect(page.getByRole("textbox", { name: "Your text, not recorded" })).toHaveValue("Anna's careful words.");
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  await expect(panel(page).getByText("Ben was first.")).toBeVisible();
  await expectNoAxeViolations(page);
  await expectProviderToKnow(reference, { accepted: false, comment: "Ben was first.", effects: 1 });
  expectNoComplaints(complaints, 422);
});

test("addresses that lead nowhere say so, with the way on", async ({ page }) => {
  const complaints = collectComplaints(page);
  const id = await launch(page, NAMESAKE, newReference("there"));
  await expectToAppear(page, findings(page).first());
  for (const path of [
    `/checks/${NOBODY}`,
    "/checks/not-an-id",
    `/checks/${NOBODY}/edit`,
    `/checks/${id}/edit`,
    `/checks/${id}/evidence/${NOBODY}`,
    `/checks/${id}/decisions/${NOBODY}`,
    "/checks/",
    "/customers/C-nobody-has-this",
    "/checks/new?customer=C-nobody-has-this",
    `/checks/new?again=${NOBODY}`,
    "/%3Cscript%3Ealert(1)%3C/script%3E",
    "/nowhere/at/all",
  ]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1, name: "Nothing is here" }), path).toBeVisible();
    await expect(page.getByText("The address is wrong, or what stood here is gone.")).toBeVisible();
  }
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "What needs you now, Anna" })).toBeVisible();

  // Filters and places that cannot be read are left out.
  for (const path of [
    "/checks?tab=zz&kind=zz&risk=zz&age=zz&sort=zz&before=zz&after=zz",
    `/checks?tab=all&q=${"%00"}&assignee=${NOBODY}`,
    "/customers?q=%25%5F%27&before=zz",
    "/checks/new?refused=zz",
  ]) {
    expect((await page.goto(path))?.status(), path).toBe(200);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  }
  await actAs(page, "adam");
  for (const path of ["/admin/connections/not-an-id", `/admin/connections/${NOBODY}`, "/admin/nothing"]) {
    expect((await page.goto(path))?.status(), path).toBe(404);
  }
  await actAs(page, "sofia");
  for (const path of ["/journal?before=zz&person=%27&action=zz&about=%00&from=2025-02-31", "/decisions?before=zz&outcome=zz&person=%00"]) {
    expect((await page.goto(path))?.status(), path).toBe(200);
  }
  expectNoComplaints(complaints, 404);
});

test("an address with bytes that are no text is answered with a page, too",
    told("once", "what is looked at is the desk's answer to one request"), async ({ page }) => {
  const answer = await page.goto("/checks/%ff");
  expect([400, 404]).toContain(answer?.status());
  await expect(page.getByRole("link", { name: "Go to the start page" })).toBeVisible();
});

test("the address of a form, opened by hand, is answered with a page",
    told("once", "what is looked at is the desk's answer to one request"), async ({ page }) => {
  // Where a reader stands after a form that was too large, or not theirs.
  const answer = await page.goto("/api/checks/comment").catch(() => null);
  expect([404, 405]).toContain(answer?.status());
  await expect(page.getByRole("link", { name: "Go to the start page" })).toBeVisible();
});

test("a form of another site is refused before anything is done",
    told("once", "the form is on a page of theirs, or sent by a program: none of our scripts is there"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("foreign");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  const desk = new URL(page.url()).origin;
  const trap = (origin: string) => `${origin}/win-a-prize`;
  for (const origin of [SANDBOX_URL, "http://prizes.example"]) {
    await page.route(trap(origin), (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<!doctype html><title>Prizes</title><form method="post" action="${desk}/api/checks/withdraw"><input type="hidden" name="check_id" value="${id}"><button>Win a prize</button></form>`,
      }),
    );
    await page.goto(trap(origin));
    const answer = page.waitForResponse("**/api/checks/withdraw");
    await page.getByRole("button", { name: "Win a prize" }).click();
    expect((await answer).status(), origin).toBe(403);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  }
  await page.goto(`/checks/${id}`);
  await expect(panel(page).getByRole("radio", { name: /^Accept/ })).toBeEnabled();

  // Programs, with this reader's own session.
  const body = `check_id=${id}`;
  for (const headers of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: desk, "sec-fetch-site": "cross-site" },
    { origin: desk, "sec-fetch-site": "same-site" },
  ]) {
    expect((await send(page, "/api/checks/withdraw", body, headers)).status, JSON.stringify(headers)).toBe(403);
  }
  await page.reload();
  await expect(panel(page).getByRole("radio", { name: /^Accept/ })).toBeEnabled();
  // Our own page may; by now a withdrawal is a decision, so it comments.
  expect((await send(page, "/api/checks/comment", `${body}&body=Seen.`)).status, "our own page may").toBe(303);
  expectNoComplaints(complaints, 403);
});

test("a body of 20 MB is refused with a page that says how large a form may be",
    told("once", "the bodies are sent by a program, and its answers are looked at"), async ({ page }) => {
  const id = await launch(page, NAMESAKE, newReference("huge"));
  const body = `check_id=${id}&body=${"x".repeat(20 * 1024 * 1024)}`;
  for (const [path, how] of [
    ["/api/checks/comment", "A form may be 256 KB"],
    ["/api/checks/launch", "A form may be 256 KB"],
    ["/api/session/start", "Account names and passwords are shorter than this"],
  ] as const) {
    const answer = await send(page, path, body);
    expect(answer.status, path).toBe(413);
    expect(words(answer.text), path).toMatch(new RegExp(`^This form is too large\\s+${how}\\. Nothing was changed\\.`));
  }
  await page.reload();
  await expect(page.getByRole("heading", { name: "Comments 0" })).toBeVisible();
});

test("bodies that are no form of ours are refused in words, and none is a fault of the desk",
    told("once, on PostgreSQL", "a program sends the bodies, as server/tests/it does on SQLite; this database takes no NUL"), async ({ page }) => {
  test.setTimeout(90_000);
  const id = await launch(page, NAMESAKE, newReference("malformed"));
  await untilOutcome(page);
  const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const bodies: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>?][] = [
    ["nothing", ""],
    ["JSON", `{"check_id":"${id}"}`, { "content-type": "application/json" }],
    ["another type", "<check/>", { "content-type": "text/xml; charset=utf-8" }],
    ["parts", "--x\r\n\r\nbroken", { "content-type": "multipart/form-data; boundary=x" }],
    ["noise", bytes("%%%&&==&%zz=%\x00\xff\xfe")],
    ["bytes that are no text", bytes(`check_id=${id}&comment=\xc3\x28&body=%ff%fe&name=%ed%a0%80`)],
    ["names given twice", `check_id=${id}&check_id=${id}&person=1&person=2&connection=1&connection=2`],
    ["names as lists", `check_id[]=${id}&checks[999999999]=a&sources[x][y]=b&person[]=1`],
    ["unknown ids", `check_id=${NOBODY}&decision_id=${NOBODY}&finding_id=${NOBODY}&person=${NOBODY}&connection=${NOBODY}&delivery=${NOBODY}&callback=${NOBODY}&judgement=relevant&role=admin&state=active&approved=yes&outcome=accept&version=1`],
    ["a NUL in everything", `check_id=%00&decision_id=%00&finding_id=%00&person=%00&connection=%00&delivery=%00&callback=%00&judgement=%00&name=a%00b&account=a%00b&key=%00&value=%00&body=a%00b&comment=a%00b`],
    ["numbers beyond all bounds", `check_id=${id}&decision_id=${NOBODY}&version=99999999999999999999999&place=-1&outcome=accept&reason_accept=other&comment=x`],
  ];
  /** Functions that change nothing by a body like these: they refuse, in words. */
  const strict: Record<string, string[]> = {
    anna: ["checks/launch", "checks/judge", "checks/decide"],
    sofia: ["checks/approve", "checks/overturn"],
    adam: [
      "admin/people/change",
      "admin/connections/test",
      "admin/webhooks/subscribe",
      "admin/webhooks/adopt",
      "admin/webhooks/unsubscribe",
      "admin/deliveries/retry",
      "admin/callbacks/retry",
    ],
  };
  /** Functions whose refusal is their own page again, with the reason. */
  const forms: Record<string, string[]> = {
    anna: ["checks/comment", "checks/metadata", "checks/assign", "account/password"],
    adam: ["admin/people/add", "admin/connections/save"],
  };
  for (const account of ["anna", "sofia", "adam"] as const) {
    await actAs(page, account);
    for (const path of strict[account] ?? []) {
      for (const [what, body, headers] of bodies) {
        const answer = await send(page, `/api/${path}`, body, headers);
        const name = `${path} with ${what}`;
        if (answer.status === 303) {
          expect(answer.location, name).toMatch(/[?&]refused=/);
          continue;
        }
        expect([400, 404, 409, 422], name).toContain(answer.status);
        expect(words(answer.text), name).toMatch(/^(The form could not be read|Nothing is here|This was not done)/);
      }
    }
    for (const path of forms[account] ?? []) {
      for (const [what, body, headers] of bodies) {
        const answer = await send(page, `/api/${path}`, body, headers);
        expect(answer.status, `${path} with ${what}`).toBeLessThan(500);
        expect(answer.location, `${path} with ${what}`).not.toMatch(/[?&]done=(person-added|connection-saved|comment|metadata)/);
      }
    }
  }
  await actAs(page, "anna");
  await page.goto(`/checks/${id}`);
  await expect(panel(page).getByRole("radio", { name: /^Accept/ }), "nothing was decided").toBeEnabled();
});
