// What the desk's scripts add: keys, a page that follows by itself and keeps what is typed, forms that are sent once,
// the warning before a session ends, counters, copying. Without scripts there is none of it, and nothing is missing.
// Told with scripts only: these are the scripts' own stories; nothing of theirs is there without them.
import { expect, test, type Locator, type Page } from "@playwright/test";

import {
  decisionComment,
  findings,
  idOfPage,
  launch,
  NAMESAKE,
  newReference,
  panel,
  saveDrafts,
  taskOf,
  TWO_SANCTIONS,
  untilOutcome,
  fillLaunchForm,
} from "./checks";
import { actAs, awake, collectComplaints, expectNoAxeViolations, expectNoComplaints, signIn, tasks } from "./helpers";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

/** A check of two sanction findings whose page is open and listens. */
async function openReview(page: Page, story: string): Promise<string> {
  const reference = newReference(story);
  await launch(page, TWO_SANCTIONS, reference);
  await untilOutcome(page);
  await page.goto(`/checks/${idOfPage(page)}`);
  await awake(page);
  return reference;
}

function pressed(page: Page, finding: number): Locator {
  return findings(page).nth(finding).getByRole("button", { pressed: true });
}

function outcome(page: Page, name: "Accept" | "Reject"): Locator {
  return panel(page).getByRole("radio", { name: new RegExp(`^${name}`) });
}

/** Where colleagues write to each other. */
function remark(page: Page): Locator {
  return panel(page).getByRole("textbox", { name: "Comment for colleagues" });
}

/** Counts the forms that are sent to this path from now on. */
function countSent(page: Page, path: string): () => number {
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && new URL(request.url()).pathname === path) sent += 1;
  });
  return () => sent;
}

/** Counts how often a page is loaded from now on. */
function countLoads(page: Page): () => number {
  let loads = 0;
  page.on("load", () => (loads += 1));
  return () => loads;
}

test("j and k go through the queue, Enter opens the row, / searches, ? tells the keys", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("keys");
  const name = "Ștefan Țuțuianu";
  const drafts = await saveDrafts(page, name, [`${reference}-1`, `${reference}-2`, `${reference}-3`]);
  await page.goto(`/checks?tab=all&q=${reference}`);
  await awake(page);
  const row = (place: number) => page.getByRole("row", { name: new RegExp(`${reference}-${place}`) }).getByRole("link");

  // The newest comes first. The cursor stops at both ends.
  for (const [key, place] of [["j", 3], ["j", 2], ["j", 1], ["j", 1], ["k", 2], ["k", 3], ["k", 3], ["j", 2]] as const) {
    await page.keyboard.press(key);
    await expect(row(place), `after ${key}`).toBeFocused();
  }
  await expectNoAxeViolations(page);

  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await expect(dialog).toBeVisible();
  for (const words of ["take the next check", "leave the field", "judge the current finding: relevant, false positive, undecided"]) {
    await expect(dialog.getByText(words)).toBeVisible();
  }
  await expectNoAxeViolations(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(row(2), "keys rest behind the dialog, and the focus comes back").toBeFocused();

  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search checks" });
  await expect(search).toBeFocused();
  await expect(search).toHaveValue("");
  await page.keyboard.type("jk?n");
  await expect(search, "keys are letters in a field").toHaveValue("jk?n");
  await expect(dialog).toBeHidden();
  await page.keyboard.press("Escape");
  await expect(search).not.toBeFocused();
  await page.keyboard.press("j");
  await expect(row(1)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/checks/${drafts[0]}/edit$`));
  expectNoComplaints(complaints);
});

test("n takes the next check, from the queue and from a check", async ({ page }) => {
  const complaints = collectComplaints(page);
  await openReview(page, "next-a");
  await openReview(page, "next-b");
  const taken = countSent(page, "/api/checks/next");
  await page.goto("/checks");
  await awake(page);
  await page.keyboard.press("n");
  await expect(page.getByRole("button", { name: "Give back" })).toBeVisible();
  const first = idOfPage(page);
  await awake(page);

  // Not while somebody types, and not with a modifier.
  await decisionComment(page).pressSequentially("none new");
  await expect(decisionComment(page)).toHaveValue("none new");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Alt+n");
  expect(taken()).toBe(1);

  // What is typed is left only when the key comes again.
  await page.keyboard.press("n");
  await expect(page.getByText("Press n once more to leave it and take the next check.")).toBeVisible();
  await expect(decisionComment(page)).toHaveValue("none new");
  expect(taken()).toBe(1);
  await page.keyboard.press("n");
  await expect(page).not.toHaveURL(new RegExp(first));
  await expect(page.getByRole("button", { name: "Give back" })).toBeVisible();
  expect(taken()).toBe(2);
  await page.getByRole("button", { name: "Give back" }).click();
  await expect(page.getByText("The check was given back to the queue.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("1 2 3 judge the finding under the cursor, and the cursor goes on to the next undecided one", async ({ page }) => {
  const complaints = collectComplaints(page);
  await openReview(page, "judge-keys");
  const loads = countLoads(page);
  await expect(findings(page)).toHaveCount(2);

  await page.keyboard.press("j");
  await expect(findings(page).nth(0)).toBeFocused();
  await page.keyboard.press("2");
  await expect(pressed(page, 0)).toHaveText("False positive");
  await expect(findings(page).nth(1)).toBeFocused();
  await page.keyboard.press("1");
  await expect(pressed(page, 1)).toHaveText("Relevant");
  await expect(panel(page).getByText(/not judged yet/)).toHaveCount(0);
  await page.keyboard.press("k");
  await expect(findings(page).nth(0)).toBeFocused();
  await page.keyboard.press("3");
  await expect(pressed(page, 0)).toHaveText("Undecided");
  await expect(panel(page).getByText("1 sanction finding is not judged yet.")).toBeVisible();
  expect(loads(), "loads of the page").toBe(0);

  // What was shown is what was kept.
  await page.reload();
  await expect(pressed(page, 0)).toHaveText("Undecided");
  await expect(pressed(page, 1)).toHaveText("Relevant");
  expectNoComplaints(complaints);
});

test("a and r choose and go on to the reason, and never decide by themselves", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = await openReview(page, "choose-keys");
  const decided = countSent(page, "/api/checks/decide");

  await page.keyboard.press("a");
  await expect(outcome(page, "Accept")).toBeChecked();
  await expect(panel(page).getByLabel("Reason to accept")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await expect(outcome(page, "Reject")).toBeChecked();
  await expect(panel(page).getByLabel("Reason to reject")).toBeFocused();
  await expect(panel(page).getByLabel("Reason to accept")).toBeHidden();
  await expectNoAxeViolations(page);

  // In a field these are letters.
  await decisionComment(page).pressSequentially("a r 1 2 3 ?/njk");
  await expect(decisionComment(page)).toHaveValue("a r 1 2 3 ?/njk");
  await expect(outcome(page, "Reject")).toBeChecked();
  await expect(pressed(page, 0)).toHaveText("Undecided");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(decided()).toBe(0);

  // Ctrl+Enter is the button of the form that is typed in.
  await panel(page).getByLabel("Reason to reject").selectOption({ label: "Adverse media" });
  await decisionComment(page).fill("Decided by keyboard.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  expect(decided()).toBe(1);
  await expect.poll(() => taskOf(reference), { timeout: 20_000 }).toMatchObject({ accepted: false, effects: 1 });
  expectNoComplaints(complaints);
});

test("on a narrow screen a opens the panel that stands behind a button", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openReview(page, "narrow");
  await expect(outcome(page, "Accept")).toBeHidden();
  await page.keyboard.press("a");
  await expect(outcome(page, "Accept")).toBeChecked();
  await expect(panel(page).getByLabel("Reason to accept")).toBeFocused();
  await expectNoAxeViolations(page);
});

test("a running check is followed without a reload, and its outcome comes by itself", async ({ page }) => {
  const complaints = collectComplaints(page);
  test.setTimeout(90_000);
  // Slow enough to see a source after the other being done.
  await launch(page, { ...NAMESAKE, name: "Test Slow", sources: ["Negative news", "Dow Jones"] }, newReference("follow"));
  const progress = page.getByRole("progressbar", { name: "KryptoGO is searching" });
  await expect(progress).toBeVisible({ timeout: 20_000 });
  const loads = countLoads(page);
  const shown = await progress.getAttribute("value");
  await expect(progress).not.toHaveAttribute("value", shown ?? "", { timeout: 20_000 });
  expect(loads(), "loads while it is followed").toBe(0);

  const entries = await page.evaluate(() => history.length);
  await untilOutcome(page);
  await expect(outcome(page, "Accept")).toBeEnabled();
  await expect(progress).toHaveCount(0);
  expect(await page.evaluate(() => history.length), "steps that Back takes").toBe(entries);
  expectNoComplaints(complaints);
});

test("what is typed while a check runs stays when its outcome comes, and the page says so", async ({ page }) => {
  const complaints = collectComplaints(page);
  await launch(page, { ...NAMESAKE, name: "Test Slow", sources: ["Negative news"] }, newReference("typing"));
  await expect(page.getByRole("progressbar", { name: "KryptoGO is searching" })).toBeVisible({ timeout: 20_000 });
  const loads = countLoads(page);
  await remark(page).pressSequentially("Called the branch; they know him.");

  const notice = page.getByRole("status").filter({ hasText: "The outcome is here: show it" });
  await expect(notice).toBeVisible({ timeout: 40_000 });
  await expect(remark(page)).toHaveValue("Called the branch; they know him.");
  await expect(remark(page)).toBeFocused();
  expect(loads(), "loads under somebody's hands").toBe(0);
  await expectNoAxeViolations(page);

  // Once it is sent, nothing holds the page back.
  await panel(page).getByRole("button", { name: "Add comment" }).click();
  await expect(panel(page).getByRole("listitem").filter({ hasText: "Called the branch; they know him." })).toBeVisible();
  await expect(page.getByRole("heading", { level: 2, name: /^Findings/ })).toBeVisible();
  await expect(remark(page)).toHaveValue("");
  expectNoComplaints(complaints);
});

test("what is chosen and typed for the decision survives judgements and comments", async ({ page }) => {
  const complaints = collectComplaints(page);
  await openReview(page, "keep");
  const loads = countLoads(page);
  const words = "Two others of the name.\nSee both birth dates.";
  await outcome(page, "Accept").check();
  await panel(page).getByLabel("Reason to accept").selectOption({ label: "All findings are about somebody else" });
  await decisionComment(page).fill(words);

  const note = findings(page).nth(0);
  await note.getByText("Note", { exact: true }).click();
  await note.getByRole("textbox", { name: "Note on 1" }).fill("Born 1962.");
  await findings(page).nth(1).getByRole("button", { name: "False positive" }).click();
  await expect(pressed(page, 1)).toHaveText("False positive");
  await expect(note.getByRole("textbox", { name: "Note on 1" }), "a note that was not sent yet").toHaveValue("Born 1962.");
  await note.getByRole("button", { name: "False positive" }).click();
  await expect(pressed(page, 0)).toHaveText("False positive");
  await expect(panel(page).getByText(/not judged yet/)).toHaveCount(0);
  await remark(page).fill("Please have a look, Ben.");
  await panel(page).getByRole("button", { name: "Add comment" }).click();
  await expect(panel(page).getByRole("listitem").filter({ hasText: "Please have a look, Ben." })).toBeVisible();

  await expect(decisionComment(page)).toHaveValue(words);
  await expect(outcome(page, "Accept")).toBeChecked();
  await expect(panel(page).getByLabel("Reason to accept").getByRole("option", { selected: true })).toHaveText("All findings are about somebody else");
  expect(loads(), "loads of the page").toBe(0);

  // The panel decides on the version that the judgements made.
  await panel(page).getByRole("button", { name: "Propose to accept" }).click();
  await expect(page.getByText("Proposed. A supervisor has to approve it.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("a form that is sent twice in a hurry is sent once", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("hurry");
  // Nobody else is known by this name, so nothing is asked.
  await fillLaunchForm(page, { ...NAMESAKE, name: `Hurry ${reference}` }, reference);
  await awake(page);
  const launched = countSent(page, "/api/checks/launch");
  // The answer takes its time, so the second press comes while the first is on its way.
  let answer = (): void => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route("**/api/checks/launch", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("textbox", { name: /^Name/ }).focus();
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Enter");
  answer();
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  await page.unroute("**/api/checks/launch");
  await untilOutcome(page);
  expect(launched()).toBe(1);
  expect((await tasks()).filter((task) => task.customer_reference === reference)).toHaveLength(1);

  await page.goto(`/checks/${idOfPage(page)}`);
  await awake(page);
  const commented = countSent(page, "/api/checks/comment");
  await remark(page).fill("Once is enough.");
  await panel(page).getByRole("button", { name: "Add comment" }).dblclick();
  await expect(panel(page).getByRole("listitem").filter({ hasText: "Once is enough." })).toHaveCount(1);
  await remark(page).fill("And with the keys.");
  // Held down, Enter repeats itself.
  await page.keyboard.down("Control");
  for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await page.keyboard.up("Control");
  await expect(panel(page).getByRole("listitem").filter({ hasText: "And with the keys." })).toHaveCount(1);
  expect(commented()).toBe(2);
  await page.reload();
  await expect(panel(page).getByRole("listitem").filter({ hasText: /Once is enough|And with the keys/ })).toHaveCount(2);
  expectNoComplaints(complaints);
});

test("before the session ends the page warns, and signing out takes nothing that was typed", async ({ page, context }) => {
  const complaints = collectComplaints(page);
  await openReview(page, "idle");
  const check = page.url();
  // A session of this story's own: it is ended below.
  await context.clearCookies();
  await signIn(page, "anna");
  await page.clock.install();
  await page.goto(check);
  await awake(page);
  const bar = page.getByRole("alert").filter({ hasText: "What you typed is kept on this page." });
  await expect(bar).toBeHidden();

  // Somebody who types is there: the desk is told, and no warning comes.
  await decisionComment(page).fill("Half a sentence that nobody has sent");
  const told = page.waitForResponse((response) => response.url().endsWith("/api/session/stay") && response.ok());
  await page.clock.fastForward("02:10");
  await told;
  await page.clock.fastForward("12:00");
  await page.clock.runFor(1_500);
  await expect(bar).toBeHidden();

  await page.clock.fastForward("00:35");
  await page.clock.runFor(1_500);
  await expect(bar).toContainText("You will be signed out in 2 min.");
  await expectNoAxeViolations(page);
  const stayed = page.waitForResponse((response) => response.url().endsWith("/api/session/stay") && response.ok());
  await bar.getByRole("button", { name: "Stay signed in" }).click();
  await stayed;
  await page.clock.runFor(1_500);
  await expect(bar).toBeHidden();

  // The session ends elsewhere; the page notices at the latest when its own time is over.
  await context.clearCookies();
  await page.clock.fastForward("14:35");
  await page.clock.runFor(6_500);
  await expect(bar).toContainText("You are signed out.");
  await expect(bar.getByRole("button", { name: "Stay signed in" })).toBeHidden();
  await expect(decisionComment(page)).toHaveValue("Half a sentence that nobody has sent");
  await expectNoAxeViolations(page);

  const opened = context.waitForEvent("page");
  await bar.getByRole("link", { name: "Sign in in a new tab" }).click();
  const tab = await opened;
  await expect(tab.getByText("Sign in here, then go back to the other tab: what you typed there is kept.")).toBeVisible();
  await signIn(tab, "anna");
  await tab.close();
  await page.bringToFront();
  await page.clock.runFor(12_000);
  await expect(bar).toBeHidden();
  await expect(decisionComment(page)).toHaveValue("Half a sentence that nobody has sent");
  await remark(page).fill("Signed in again.");
  await panel(page).getByRole("button", { name: "Add comment" }).click();
  await expect(panel(page).getByRole("listitem").filter({ hasText: "Signed in again." })).toBeVisible();
  expectNoComplaints(complaints, 401);
});

test("counters count what is typed, as the desk counts it", async ({ page }) => {
  const complaints = collectComplaints(page);
  await openReview(page, "count");
  const counted = (words: string) => panel(page).getByText(words, { exact: true }).filter({ visible: true });
  await expect(counted("0 of 4,000 characters")).toBeVisible();
  await decisionComment(page).fill("又曾 é 🙂");
  await expect(counted("6 of 4,000 characters")).toBeVisible();
  await expect(decisionComment(page)).toHaveAccessibleDescription(/6 of 4,000 characters/);
  await decisionComment(page).fill("x".repeat(4_001));
  await expect(counted("4,001 of 4,000 characters")).toBeVisible();
  await expectNoAxeViolations(page);
  await outcome(page, "Reject").check();
  await panel(page).getByLabel("Reason to reject").selectOption({ label: "Adverse media" });
  await panel(page).getByRole("button", { name: "Reject and tell KryptoGO" }).click();
  await expect(decisionComment(page)).toHaveAccessibleDescription(/4,000/);
  await expect(decisionComment(page)).toHaveValue("x".repeat(4_001));
  await expect(counted("4,001 of 4,000 characters")).toBeVisible();

  // The small one speaks up only when there is little room left.
  const small = panel(page).getByText(/^3,\d{3} of 4,000 characters$/);
  await remark(page).fill("x".repeat(3_000));
  await expect(small).toBeHidden();
  await remark(page).fill("x".repeat(3_300));
  await expect(small).toHaveText("3,300 of 4,000 characters");
  await expect(small).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("ids are copied with one click", async ({ page, context }) => {
  const complaints = collectComplaints(page);
  await context.grantPermissions(["clipboard-write"]);
  await openReview(page, "copy");
  await page.getByRole("heading", { name: "Search setting" }).click();
  const entry = page.getByRole("definition").filter({ hasText: idOfPage(page) });
  await entry.getByRole("button", { name: "Copy" }).click();
  await expect(entry.getByRole("button", { name: "Copied" })).toBeVisible();
  await remark(page).focus();
  await page.keyboard.press("Control+V");
  await expect(remark(page)).toHaveValue(idOfPage(page));
  await expect(entry.getByRole("button", { name: "Copy", exact: true })).toBeVisible();
  expectNoComplaints(complaints);
});

test("ticking all, and from one to another with Shift, selects rows", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("ticks");
  await saveDrafts(page, "Ana", [1, 2, 3, 4].map((place) => `${reference}-${place}`));
  await page.goto(`/checks?tab=all&q=${reference}`);
  await awake(page);
  const boxes = page.getByRole("checkbox", { name: /^Select Ana, / });
  const all = page.getByRole("checkbox", { name: "Select all on this page" });
  await all.check();
  for (const box of await boxes.all()) await expect(box).toBeChecked();
  await boxes.nth(1).uncheck();
  await expect(all).toBeChecked({ indeterminate: true });
  await all.check();
  await all.uncheck();
  await expect(boxes.and(page.locator(":checked"))).toHaveCount(0);
  await boxes.nth(1).click();
  await boxes.nth(3).click({ modifiers: ["Shift"] });
  const ticked = await Promise.all((await boxes.all()).map((box) => box.isChecked()));
  expect(ticked).toEqual([false, true, true, true]);
  expectNoComplaints(complaints);
});
