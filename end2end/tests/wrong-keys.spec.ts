// What a wrong key, a hidden row or a press too early must not do: letters in a field are letters, a reason says only what the
// findings say, nothing that is hidden is decided unseen, and nothing that was typed is lost.
// Told both ways: what a key or a press must not do shows with scripts that listen, and without them.
import { expect, test, type Locator, type Page } from "@playwright/test";

import {
  decide,
  decisionComment,
  findings,
  idOfPage,
  judgeAll,
  launch,
  NAMESAKE,
  newReference,
  panel,
  TWO_SANCTIONS,
  untilOutcome,
  type Customer,
} from "./checks";
import { actAs, awake, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, withScripts } from "./helpers";
import { auto, launchVideo, untilState } from "./video";

const CLEAN: Customer = { name: "Ilse Niemand", birthDate: "1990-06-21", country: "DEU", sources: ["Sanction lists"] };

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

/** Launches a check and opens its page when there is something to decide. */
async function openReview(page: Page, customer: Customer, story: string): Promise<string> {
  await launch(page, customer, newReference(story));
  await untilOutcome(page);
  await page.goto(`/checks/${idOfPage(page)}`);
  if (withScripts()) await awake(page);
  return idOfPage(page);
}

function outcome(page: Page, name: "Accept" | "Reject"): Locator {
  return panel(page).getByRole("radio", { name: new RegExp(`^${name}`) });
}

function remark(page: Page): Locator {
  return panel(page).getByRole("textbox", { name: "Comment for colleagues" });
}

function note(page: Page, finding: number): Locator {
  return page.getByRole("textbox", { name: `Note on ${finding}` });
}

async function openNote(page: Page, finding: number): Promise<void> {
  if (!(await note(page, finding).isVisible())) await findings(page).nth(finding - 1).getByText("Note", { exact: true }).click();
}

test("letters that are typed into a field belong to the field", async ({ page }) => {
  const complaints = collectComplaints(page);
  await openReview(page, TWO_SANCTIONS, "letters");
  const sent: string[] = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(new URL(request.url()).pathname));
  const nothingHappened = async (): Promise<void> => {
    await expect(outcome(page, "Reject")).toBeChecked();
    await expect(findings(page).nth(0).getByRole("button", { pressed: true })).toHaveText("Undecided");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(sent.filter((path) => path !== "/api/checks/here")).toEqual([]);
  };

  // A list chooses by the first letters, whatever else they mean: `a`, `n` and `r` among them.
  await outcome(page, "Reject").check();
  const reason = panel(page).getByLabel("Reason to reject");
  const chosen = reason.getByRole("option", { selected: true });
  await reason.focus();
  await page.keyboard.type("Sanctioned");
  await expect(chosen).toHaveText("Sanctioned person or entity");
  await nothingHappened();
  await page.waitForTimeout(1_100); // a list waits this long for the next letter of a word
  await page.keyboard.type("a");
  await expect(chosen).toHaveText("Adverse media");
  await page.keyboard.press("Shift+R");
  await page.keyboard.press("Alt+a");
  await nothingHappened();
  await expect(reason).toBeFocused();

  await decisionComment(page).pressSequentially("narj 123?/ N A R");
  await expect(decisionComment(page)).toHaveValue("narj 123?/ N A R");
  await page.getByText("Metadata", { exact: false }).first().click();
  const key = page.getByRole("textbox", { name: "Key" });
  await key.pressSequentially("nar1");
  await expect(key).toHaveValue("nar1");
  await nothingHappened();
  if (!withScripts()) return;

  // What a method of input composes is not the page's either, nor is what is written into any other place that takes text.
  const compose = (init: KeyboardEventInit & { keyCode?: number }): Promise<void> =>
    page.evaluate((init) => {
      (document.activeElement as HTMLElement | null)?.blur();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true }));
    }, init);
  await compose({ key: "a", code: "KeyA", isComposing: true });
  await compose({ key: "Process", code: "KeyA", keyCode: 229 });
  await page.evaluate(() => {
    const place = document.createElement("p");
    place.contentEditable = "true";
    place.id = "editable";
    document.querySelector("main")?.append(place);
    place.focus();
  });
  await page.keyboard.type("an1r");
  await expect(page.locator("#editable")).toHaveText("an1r");
  await nothingHappened();
  expectNoComplaints(complaints);
});

test("a reason that the findings do not bear out is refused beside it, in words that are true", async ({ page }) => {
  const complaints = collectComplaints(page);
  const id = await openReview(page, NAMESAKE, "reasons");
  const comment = "Nothing that concerns him, I think.";
  for (const reason of ["No adverse findings", "All findings are about somebody else"]) {
    await decide(page, "Accept", reason, comment);
    const field = panel(page).getByLabel("Reason to accept");
    await expect(field).toHaveAccessibleDescription(/^One finding is not judged, and this reason speaks of all of them\./);
    await expect(field.getByRole("option", { selected: true })).toHaveText(reason);
    await expect(decisionComment(page)).toHaveValue(comment);
    await expectNoAxeViolations(page);
  }
  await decide(page, "Reject", "Sanctioned person or entity", comment);
  await expect(panel(page).getByLabel("Reason to reject")).toHaveAccessibleDescription(/^There is no sanction finding here/);
  await expect(page.getByText(/judged a false positive/)).toHaveCount(0);

  // On the page of several checks it is the same rule, said beside the same field.
  await page.goto(`/checks/decide-many?checks[0]=${id}`);
  const row = page.getByRole("group", { name: new RegExp(`^${NAMESAKE.name}`) });
  const tryIt = async (outcome: "Accept" | "Reject", reason: string): Promise<void> => {
    await row.getByRole("radio", { name: outcome }).check();
    await row.getByRole("combobox", { name: "Reason" }).selectOption({ label: reason });
    await row.getByRole("textbox", { name: "Comment" }).fill(comment);
    await page.getByRole("button", { name: "Decide what is filled in" }).click();
  };
  await tryIt("Accept", "No adverse findings");
  await expect(row.getByRole("combobox", { name: "Reason" })).toHaveAccessibleDescription(/One finding is not judged/);
  await expect(row.getByRole("textbox", { name: "Comment" })).toHaveValue(comment);
  await expectNoAxeViolations(page);
  await tryIt("Reject", "Sanctioned person or entity");
  await expect(row.getByRole("combobox", { name: "Reason" })).toHaveAccessibleDescription(/There is no sanction finding here/);

  await page.goto(`/checks/${id}`);
  await judgeAll(page, "Relevant");
  await decide(page, "Accept", "All findings are about somebody else", comment);
  await expect(panel(page).getByLabel("Reason to accept")).toHaveAccessibleDescription(/^A finding is judged relevant/);
  await judgeAll(page, "False positive");
  await decide(page, "Accept", "All findings are about somebody else", comment);
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("what is ticked and then hidden is said and shown before it is assigned or decided", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("hidden");
  for (const place of ["aa", "bb"]) {
    await launch(page, CLEAN, `${reference}-${place}`);
    await untilOutcome(page);
  }
  const list = (text: string) => `/checks?tab=to_review&q=${text}`;
  const row = (place: string) => page.getByRole("row", { name: new RegExp(`${reference}-${place}`) });
  const box = (place: string) => page.getByRole("checkbox", { name: `Select ${CLEAN.name}, ${reference}-${place}` });
  const assign = async (): Promise<void> => {
    await page.getByLabel("Assign selected to").selectOption({ label: "me" });
    await page.getByRole("button", { name: "Assign", exact: true }).click();
  };
  const open = async (text: string): Promise<void> => {
    await page.goto(list(text));
    if (withScripts()) await awake(page);
  };
  await open(`${reference}-aa`);
  await box("aa").check();
  await open(`${reference}-bb`);
  await box("bb").check();
  if (!withScripts()) {
    // A selection is the page's own: what a filter hides is not ticked any more.
    await assign();
    await expect(page.getByText("One check was assigned.")).toBeVisible();
    await page.goto(list(reference));
    await expect(row("bb")).toContainText("Anna Berg");
    await expect(row("aa")).toContainText("nobody");
    return;
  }
  await expect(page.getByRole("status").filter({ hasText: /selected/ })).toHaveText("2 selected; 1 of them is not on this page");
  await page.getByRole("button", { name: "Decide selected" }).click();
  await expect(page.getByRole("heading", { name: "Decide several checks" })).toBeVisible();
  const hidden = page.getByRole("status").filter({ hasText: "One of these was not on the page that you came from:" });
  await expect(hidden.getByRole("listitem")).toHaveText(`${CLEAN.name} ${reference}-aa`);
  await expect(page.getByRole("group", { name: new RegExp(`^${CLEAN.name} ${reference}-(aa|bb)$`) })).toHaveCount(2);
  await expectNoAxeViolations(page);

  await open(`${reference}-bb`);
  await assign();
  await expect(page.getByRole("heading", { level: 1, name: "Assign the selected checks" })).toBeVisible();
  await expect(page.getByText("One of them was not on the page that you came from.")).toBeVisible();
  const items = page.getByRole("main").getByRole("listitem").filter({ has: page.getByRole("checkbox") });
  await expect(items).toHaveCount(2);
  await expect(items.filter({ hasText: `${reference}-aa` })).toContainText("not on that page");
  await expectNoAxeViolations(page);
  await items.filter({ hasText: `${reference}-aa` }).getByRole("checkbox").uncheck();
  await page.getByRole("button", { name: "Assign to me" }).click();
  await expect(page.getByText("One check was assigned.")).toBeVisible();
  await page.goto(list(reference));
  await expect(row("bb")).toContainText("Anna Berg");
  await expect(row("aa"), "what was not meant").toContainText("nobody");
  expectNoComplaints(complaints);
});

test("the note of a finding is kept when one goes on, and the page says how", async ({ page }) => {
  const complaints = collectComplaints(page);
  const id = await openReview(page, TWO_SANCTIONS, "note");
  const how = (finding: number) => findings(page).nth(finding - 1).getByRole("status");
  await openNote(page, 1);
  await expect(how(1)).toHaveText(withScripts() ? "It is saved by itself when you leave the field." : "“Save note” and each judgement save it.");
  await expectNoAxeViolations(page);
  await note(page, 1).fill("Born in 1962.");
  if (withScripts()) {
    await expect(how(1)).toHaveText(/^Not saved yet\./);
    // Its own button is still a part of it; after that it is left.
    await note(page, 1).press("Tab");
    await expect(findings(page).nth(0).getByRole("button", { name: "Save note" })).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(how(1)).toHaveText(/^Saved\./);
    // On the way to another page, and with a judgement: neither overtakes the note.
    await note(page, 1).fill("Born in 1962; see page 2.");
    await page.getByRole("link", { name: "‹ Queue" }).click();
    await expect(page).toHaveURL(/\/checks(\?|$)/);
  } else {
    await findings(page).nth(0).getByRole("button", { name: "Save note" }).click();
    await expect(page).toHaveURL(/#finding-1$/);
    await note(page, 1).fill("Born in 1962; see page 2.");
    await openNote(page, 2);
    await note(page, 2).fill("Half a thought");
    await findings(page).nth(0).getByRole("button", { name: "Save note" }).click();
    await expect(note(page, 2), "a note that was not meant yet").toHaveValue("Half a thought");
    await expect(how(2)).toHaveText(/^Not saved yet/);
  }
  await page.goto(`/checks/${id}`);
  await expect(note(page, 1)).toHaveValue("Born in 1962; see page 2.");
  await expect(findings(page).nth(0).getByRole("button", { pressed: true })).toHaveText("Undecided");
  await expect(page.getByText("Note on a finding kept").first()).toBeAttached();
  if (withScripts()) await awake(page);

  await note(page, 1).fill("Another Hassan.");
  await findings(page).nth(0).getByRole("button", { name: "False positive" }).click();
  await expect(findings(page).nth(0).getByRole("button", { pressed: true })).toHaveText("False positive");
  await expect(note(page, 1)).toHaveValue("Another Hassan.");

  // A decision right after the last letter waits for the note, and is about what the note says.
  await panel(page).getByRole("radio", { name: /^Reject/ }).check();
  await panel(page).getByLabel("Reason to reject").selectOption({ label: "Overall risk outside our appetite" });
  await decisionComment(page).fill("Too much of it.");
  await openNote(page, 2);
  await note(page, 2).fill("Written last.");
  await panel(page).getByRole("button", { name: "Reject and tell KryptoGO" }).click();
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
  await expect(findings(page).nth(0)).toContainText("False positive: Another Hassan.");
  await expect(findings(page).nth(1)).toContainText("Undecided: Written last.");
  await panel(page).getByRole("link", { name: "What they saw" }).click();
  await expect(page.getByRole("region", { name: "Findings as they stood" })).toContainText("Written last.");
  expectNoComplaints(complaints);
});

/** Whether two boxes share a place. */
function overlap(a: { x: number; y: number; width: number; height: number }, b: typeof a): boolean {
  return a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 && a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1;
}

/** Where the words of an element are drawn, which may be more than its box. */
async function drawn(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  return element.evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x, y, width, height };
  });
}

test("nothing is printed over something else, and names keep their room at every width", async ({ page }) => {
  // The list knows the year of birth alone.
  const id = await openReview(
    page,
    { name: "محمود عبد الرحمن الكاظمي", birthDate: "1974-05-19", country: "SYR", sources: ["Sanction lists"] },
    "year",
  );
  const born = findings(page).first().locator("dl").first().locator("div").filter({ hasText: "Born" });
  await expect(born).toContainText("year matches");
  for (const width of [390, 720, 850, 1000, 1024, 1280, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    for (const row of await findings(page).locator(".compare > div").all()) {
      const [match, value] = [await drawn(row.locator(".match")), await drawn(row.locator(".value, .given").first())];
      expect(overlap(match, value), `${width}: ${await row.innerText()}`).toBe(false);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ media: "print" });
  await expect(page.getByText("Withdraw this check")).toBeHidden();
  await expect(page.getByText("Nobody has to decide a withdrawn check", { exact: false })).toBeHidden();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.emulateMedia({ media: null });

  // 720 is a page of 1440 at 200 %.
  for (const width of [700, 701, 720, 780, 850, 851, 899, 900, 960, 1024, 1100, 1101, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`/checks?tab=all&q=${id}`);
    const name = await page.getByRole("rowheader").first().boundingBox();
    expect(name?.width, `the name's room at ${width}`).toBeGreaterThan(150);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide, `${width} does not scroll sideways`).toBeLessThanOrEqual(0);
  }
});

test("a video check that is watched shows every picture that comes", async ({ page }) => {
  test.setTimeout(180_000);
  const complaints = collectComplaints(page);
  await launchVideo(page, auto("HAPPYPATH", "Bebildert"), newReference("vi-pictures"));
  await untilState(page, "successful");
  const documents = page.getByRole("region", { name: "Documents", exact: true });
  const pictures = page.getByRole("region", { name: /^Pictures/ });
  await expectToAppear(page, documents.getByRole("link", { name: /^Download / }).first(), 40_000);
  if (withScripts()) {
    // From here on nothing loads the page but itself.
    let loads = 0;
    page.on("load", () => (loads += 1));
    await expect(documents.getByText("being fetched")).toHaveCount(0, { timeout: 60_000 });
    expect(loads, "loads while it is watched").toBe(0);
  } else {
    await expect(async () => {
      await page.reload();
      await expect(documents.getByText("being fetched")).toHaveCount(0, { timeout: 250 });
    }).toPass({ timeout: 60_000 });
  }
  const looked = await documents.getByRole("link", { name: /^View / }).count();
  expect(looked, "pictures among the documents").toBeGreaterThan(1);
  await expect(pictures.getByRole("figure")).toHaveCount(looked);
  await expect(pictures.getByRole("heading", { level: 2 })).toHaveText(`Pictures ${looked}`);
  for (const figure of await pictures.getByRole("figure").all()) {
    await expect(figure.getByRole("img")).toHaveJSProperty("complete", true);
  }
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints);
});

test("what is half typed stays when the page goes on", async ({ page }) => {
  const complaints = collectComplaints(page);
  if (withScripts()) {
    await launch(page, { ...NAMESAKE, name: "Test Slow", sources: ["Negative news"] }, newReference("show"));
    await expect(page.getByRole("progressbar", { name: "KryptoGO is searching" })).toBeVisible({ timeout: 20_000 });
    await remark(page).pressSequentially("Called the branch; they kn");
    const show = page.getByRole("link", { name: "show it" });
    await expect(show).toBeVisible({ timeout: 40_000 });
    await show.click();
    await expect(page.getByRole("heading", { level: 2, name: /^Findings/ })).toBeVisible();
    await expect(outcome(page, "Accept")).toBeEnabled();
    await expect(remark(page)).toHaveValue("Called the branch; they kn");
    await expect(show).toHaveCount(0);
    await expectNoAxeViolations(page);
    // The page that came is awake as well.
    await page.keyboard.press("r");
    await expect(outcome(page, "Reject")).toBeChecked();
    await findings(page).nth(0).getByRole("button", { name: "False positive" }).click();
    await expect(findings(page).nth(0).getByRole("button", { pressed: true })).toHaveText("False positive");
  } else {
    await openReview(page, TWO_SANCTIONS, "kept");
    await outcome(page, "Accept").check();
    await panel(page).getByLabel("Reason to accept").selectOption({ label: "All findings are about somebody else" });
    await decisionComment(page).fill("Two others of the na");
    await remark(page).fill("Ben, could you");
    await findings(page).nth(0).getByRole("button", { name: "False positive" }).click();
    await expect(page).toHaveURL(/#finding-1$/);
    expect(page.url(), "nothing that was typed stands in the address").not.toMatch(/others|Ben/);
  }
  const words = withScripts() ? "Written after it." : "Two others of the na";
  if (withScripts()) await decisionComment(page).fill(words);
  await expect(decisionComment(page)).toHaveValue(words);
  if (!withScripts()) {
    await expect(outcome(page, "Accept")).toBeChecked();
    await expect(panel(page).getByLabel("Reason to accept").getByRole("option", { selected: true })).toHaveText("All findings are about somebody else");
    await expect(remark(page)).toHaveValue("Ben, could you");
    await expectNoAxeViolations(page);
  }
  await remark(page).fill("Ben, could you have a look?");
  await panel(page).getByRole("button", { name: "Add comment" }).click();
  await expect(panel(page).getByRole("listitem").filter({ hasText: "Ben, could you have a look?" })).toHaveCount(1);
  await expect(remark(page)).toHaveValue("");
  await expect(decisionComment(page)).toHaveValue(words);
  expectNoComplaints(complaints);
});
