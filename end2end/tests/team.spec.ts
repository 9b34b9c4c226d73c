// A team at one queue: saved views, going straight to a check, marked words, a selection that stays, handing over, who is looking.
// Told both ways: what colleagues do appears by itself or with a reload, and forms work either way.
import { expect, test, type Locator, type Page } from "@playwright/test";

import { launch, NAMESAKE, newReference, saveDrafts, taskOf, untilOutcome, type Customer } from "./checks";
import { actAs, awake, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear } from "./helpers";
import { told } from "./told";

/** Nothing but a score is found about her. Low risk. */
const CLEAN: Customer = { name: "Ngozi Adaeze Okonkwo", birthDate: "1985-09-15", country: "NGA", sources: ["Negative news"] };

function views(page: Page): Locator {
  return page.getByRole("navigation", { name: "Saved views" });
}

function around(page: Page): Locator {
  return page.locator("[data-here]").getByRole("status");
}

async function reviewable(page: Page, reference: string): Promise<string> {
  const id = await launch(page, CLEAN, reference);
  await untilOutcome(page);
  return id;
}

async function find(page: Page, text: string): Promise<void> {
  const search = page.getByRole("search").getByRole("searchbox", { name: "Search checks" });
  await search.fill(text);
  await search.press("Enter");
}

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("a view is saved under a name, opened by one click, renamed and deleted", async ({ page }) => {
  const complaints = collectComplaints(page);
  const name = newReference("view");
  await page.goto(`/checks?tab=all&kind=dd_kyc&age=day&sort=risk&q=${name}`);
  const save = async (as: string): Promise<void> => {
    await page.getByText("Save this view", { exact: true }).click();
    await page.getByRole("textbox", { name: /^Name/ }).fill(as);
    await page.getByRole("button", { name: "Save", exact: true }).click();
  };
  await expect(page.getByRole("checkbox", { name: "Everybody sees it" }), "for supervisors only").toHaveCount(0);
  await save(name);
  await expect(page.getByText("The view was saved.")).toBeVisible();
  await expect(views(page).getByRole("link", { name })).toHaveAttribute("aria-current", "page");
  await expectNoAxeViolations(page);

  await page.goto("/checks");
  await views(page).getByRole("link", { name }).click();
  const shown = Object.fromEntries(new URL(page.url()).searchParams);
  expect(shown).toEqual({ tab: "all", kind: "dd_kyc", age: "day", sort: "risk", q: name });

  // The same name once more is refused beside its field, and what was typed is kept.
  await page.goto(`/checks?tab=all&kind=dd_kyb&q=${name}`);
  await save(name.toUpperCase());
  await expect(page.getByText("You have a view of this name already.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(name.toUpperCase());
  expect(new URL(page.url()).searchParams.get("kind"), "the filter stays").toBe("dd_kyb");
  await expectNoAxeViolations(page);

  await page.getByRole("link", { name: "Manage views" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Saved views" })).toBeVisible();
  await page.getByRole("textbox", { name: `Name of ${name}` }).fill("");
  await page.getByRole("button", { name: `Rename ${name}` }).click();
  await expect(page.getByText("Give the view a name.")).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByRole("textbox", { name: `Name of ${name}` }).fill(`${name} new`);
  await page.getByRole("button", { name: `Rename ${name}` }).click();
  await expect(page.getByText("The view was renamed.")).toBeVisible();
  await expect(page.getByRole("link", { name: `All · Due diligence, person · last 24 hours · “${name}” · highest risk first` }).first()).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByRole("button", { name: `Delete ${name} new` }).click();
  await expect(page.getByText("The view was deleted.")).toBeVisible();
  await page.goto("/checks");
  await expect(views(page).getByRole("link", { name })).toHaveCount(0);
  expectNoComplaints(complaints, 422);
});

test("a view that a supervisor shares is seen by all and changed by supervisors", async ({ page, browser }) => {
  const name = newReference("shared");
  const context = await browser.newContext();
  const sofia = await context.newPage();
  await actAs(sofia, "sofia");
  await sofia.goto(`/checks?tab=to_review&due=past&assignee=none&q=${name}`);
  await sofia.getByText("Save this view", { exact: true }).click();
  await sofia.getByRole("textbox", { name: /^Name/ }).fill(name);
  await sofia.getByRole("checkbox", { name: "Everybody sees it" }).check();
  await expectNoAxeViolations(sofia);
  await sofia.getByRole("button", { name: "Save", exact: true }).click();
  await expect(sofia.getByText("The view was saved.")).toBeVisible();

  // Each instance of the desk looks for new views every two seconds.
  await expect(async () => {
    await page.goto("/checks");
    await expect(views(page).getByRole("link", { name: `${name} shared` })).toBeVisible({ timeout: 250 });
  }).toPass();
  await views(page).getByRole("link", { name: `${name} shared` }).click();
  expect(new URL(page.url()).searchParams.get("due")).toBe("past");
  await page.goto("/checks/views");
  await expect(page.getByRole("button", { name: `Delete ${name}` })).toHaveCount(0);

  await sofia.goto("/checks/views");
  await sofia.getByRole("button", { name: `Delete ${name}` }).click();
  await expect(sofia.getByText("The view was deleted.")).toBeVisible();
  await context.close();
});

test("an id, the provider's id or a reference typed into the search leads there at once", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("go");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await find(page, id.toUpperCase());
  await expect(page).toHaveURL(new RegExp(`/checks/${id}$`));
  await find(page, reference);
  await expect(page).toHaveURL(new RegExp(`/customers/${reference}$`));
  await find(page, reference.slice(0, -1));
  await expect(page, "a part of it leads to the list").toHaveURL((url) => url.pathname === "/checks");
  await expect(page.getByRole("rowheader").filter({ hasText: reference })).toBeVisible();
  const task = String((await taskOf(reference)).id);
  await find(page, task);
  // A short number may be a part of another customer's reference; then the list says so.
  await expect(page).toHaveURL((url) => url.pathname === `/checks/${id}` || url.searchParams.get("q") === task);
  expectNoComplaints(complaints);
});

test("what was searched for is marked in names and references, and no name becomes markup", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("marks");
  await saveDrafts(page, "Thomas Müller-Brandt", [`${reference}-a`]);
  await saveDrafts(page, "王又曾", [`${reference}-b`]);
  await saveDrafts(page, "<script>alert(1)</script> <mark>x", [`${reference}-c`]);
  const marked = async (text: string): Promise<string[]> => {
    await page.goto(`/checks?tab=all&state=draft&q=${encodeURIComponent(text)}`);
    const row = page.getByRole("rowheader").filter({ hasText: reference });
    await expect(row).toHaveCount(1);
    return row.getByRole("mark").allInnerTexts();
  };
  expect(await marked(`muller ${reference}-a`)).toEqual(["Müller", ...reference.split("-"), "a"].filter((word) => word.length > 1));
  expect((await marked(`又曾 ${reference}`)).slice(0, 1)).toEqual(["又曾"]);
  expect((await marked(`script ${reference}`)).slice(0, 2)).toEqual(["script", "script"]);
  await expect(page.getByRole("rowheader").getByText("<script>alert(1)</script> <mark>x")).toBeVisible();
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints);
});

test("heads of columns sort, and say which way", async ({ page }) => {
  await saveDrafts(page, "Priya Venkataraman", [newReference("heads")]);
  await page.goto("/checks?tab=all&state=draft");
  const head = (name: string) => page.getByRole("columnheader", { name });
  await expect(head("Waiting"), "newest first waits least").toHaveAttribute("aria-sort", "ascending");
  const width = async () => (await head("Waiting").boundingBox())?.width;
  const before = await width();
  for (const [name, sort, direction] of [["Risk", "risk", "descending"], ["Waiting", "oldest", "descending"], ["Waiting", "newest", "ascending"], ["Due", "due", "ascending"]]) {
    await head(name).getByRole("link").click();
    await expect(head(name)).toHaveAttribute("aria-sort", direction);
    await expect(page.locator("[aria-sort]")).toHaveCount(1);
    const address = new URL(page.url()).searchParams;
    expect([address.get("sort"), address.get("state"), address.get("tab")]).toEqual([sort, "draft", "all"]);
    await expect(page.getByRole("combobox", { name: "Sort", exact: true })).toHaveValue(sort);
    expect(await width(), "nothing shifts").toBe(before);
  }
  await expectNoAxeViolations(page);
});

test("a selection stays while one pages and filters, and all of it is assigned",
    told("with scripts", "without scripts a selection is a page's own, as the story of the queue tells"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("picks");
  const [a, b] = [await reviewable(page, `${reference}-aa`), await reviewable(page, `${reference}-bb`)];
  const box = (place: string) => page.getByRole("checkbox", { name: `Select ${CLEAN.name}, ${reference}-${place}` });
  const bar = page.getByRole("status").filter({ hasText: /selected/ });
  await page.goto(`/checks?tab=to_review&q=${reference}-aa`);
  await awake(page);
  await box("aa").check();
  await expect(bar).toHaveText("1 selected");
  await page.goto(`/checks?tab=to_review&q=${reference}-bb`);
  await awake(page);
  await expect(bar, "kept on another page").toHaveText("1 selected; 1 of them is not on this page");
  await expect(box("bb")).not.toBeChecked();
  await box("bb").check();
  await expect(bar).toHaveText("2 selected; 1 of them is not on this page");
  await expectNoAxeViolations(page);
  expect(await page.evaluate(() => sessionStorage.getItem("probity-picks")), "ids only").toMatch(/^[0-9a-f-]{36} [0-9a-f-]{36}$/);

  await page.goto(`/checks?tab=to_review&q=${reference}`);
  await expect(box("aa")).toBeChecked();
  await expect(box("bb")).toBeChecked();
  await page.getByRole("button", { name: "Clear selection" }).click();
  await expect(box("aa")).not.toBeChecked();
  await box("aa").check();
  await page.goto(`/checks?tab=to_review&q=${reference}-bb`);
  await awake(page);
  await box("bb").check();
  await page.getByLabel("Assign selected to").selectOption({ label: "me" });
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  // One of them is hidden here, so both are shown before anything happens.
  await page.getByRole("button", { name: "Assign to me" }).click();
  await expect(page.getByText("2 checks were assigned.")).toBeVisible();
  await expect(bar, "what was assigned is selected no more").toHaveCount(0);
  await page.goto(`/checks?tab=mine&q=${reference}`);
  await expect(page.getByRole("rowheader")).toHaveCount(2);
  for (const id of [a, b]) await expect(page.getByRole("rowheader").getByRole("link").and(page.locator(`[href="/checks/${id}"]`))).toBeVisible();
  expectNoComplaints(complaints);
});

test("of more than fifty that are selected one is told that fewer are decided at once",
    told("with scripts", "without scripts a selection is a page's own, and a page has fifty"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await page.goto("/checks?tab=all");
  await awake(page);
  const bar = page.getByRole("status").filter({ hasText: /selected/ });
  const decide = page.getByRole("button", { name: "Decide selected" });
  await page.getByRole("checkbox", { name: "Select all on this page" }).check();
  await expect(bar).toHaveText("50 selected");
  await expect(decide).toBeEnabled();
  await page.getByRole("link", { name: "after" }).click();
  await awake(page);
  await page.getByRole("checkbox", { name: /^Select (?!all)/ }).first().check();
  await expect(bar).toHaveText("51 selected; 50 of them are not on this page; at most 50 are decided at once");
  await expect(decide).toBeDisabled();
  await expect(page.getByRole("button", { name: "Assign", exact: true })).toBeEnabled();
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints);
});

test("new checks are announced and move no row",
    told("with scripts", "a page without scripts changes nothing by itself"), async ({ page, browser }) => {
  const reference = newReference("arrive");
  await reviewable(page, `${reference}-1`);
  await page.goto(`/checks?tab=to_review&q=${reference}`);
  await awake(page);
  const row = page.getByRole("rowheader").filter({ hasText: `${reference}-1` });
  const before = await row.boundingBox();
  const context = await browser.newContext();
  const ben = await context.newPage();
  await actAs(ben, "ben");
  await reviewable(ben, `${reference}-2`);
  await context.close();
  const pill = page.getByRole("link", { name: /^1 new/ });
  await expect(pill).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  expect(await row.boundingBox()).toEqual(before);
  await pill.click();
  await expect(page.getByRole("rowheader")).toHaveCount(2);
});

test("a check is taken, seen by others, handed to a colleague with a note, and taken over", async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("hand");
  const id = await reviewable(page, reference);
  await expect(around(page)).toHaveText(/Nobody holds this check\./);
  await page.getByRole("button", { name: "Take this check" }).click();
  await expect(page.getByText("You hold this check now; it stays yours while you work at it.")).toBeVisible();
  await expect(around(page)).toHaveText(/^You hold this check until /);

  const context = await browser.newContext();
  const ben = await context.newPage();
  await actAs(ben, "ben");
  await ben.goto(`/checks/${id}`);
  await expect(around(ben)).toHaveText(/^Anna Berg holds this check until .* Anna Berg is looking at it now\.$/);
  await expect(ben.getByRole("button", { name: /^Take/ })).toHaveCount(0);
  await expectToAppear(page, page.getByText(/Ben .* is looking at it now\./), 30_000);
  await expectNoAxeViolations(ben);

  await page.getByText("Hand over", { exact: true }).first().click();
  await page.getByRole("textbox", { name: "Note for them" }).fill("The birth date on page 2 <b>differs</b>.");
  await page.getByRole("button", { name: "Hand over", exact: true }).click();
  await expect(page.getByText("Choose a colleague who can review checks.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Note for them" }), "what was typed is kept").toHaveValue("The birth date on page 2 <b>differs</b>.");
  await expectNoAxeViolations(page);
  await page.getByRole("combobox", { name: /^Colleague/ }).selectOption({ label: await nameOf(ben) });
  await page.getByRole("button", { name: "Hand over", exact: true }).click();
  await expect(page.getByText("The check was handed over; your colleague finds it with your note on their first page.")).toBeVisible();

  await ben.goto("/");
  const handed = ben.getByRole("listitem").filter({ hasText: reference });
  await expect(handed).toContainText("The birth date on page 2 <b>differs</b>.");
  await expectNoAxeViolations(ben);
  await ben.goto(`/checks?tab=mine&q=${reference}`);
  await expect(ben.getByRole("row", { name: new RegExp(reference) })).toContainText("handed over");
  await ben.goto(`/checks/${id}`);
  await expect(around(ben)).toHaveText(/^You hold this check until /);
  await expect(ben.getByText(/Anna Berg handed this check to Ben/)).toBeVisible();

  // A supervisor takes over, and the open page says so by itself.
  const lead = await browser.newContext();
  const sofia = await lead.newPage();
  await actAs(sofia, "sofia");
  await sofia.goto(`/checks/${id}`);
  await sofia.getByRole("button", { name: "Take it over" }).click();
  await expect(around(sofia)).toHaveText(/^You hold this check until /);
  await expectToAppear(ben, ben.getByText(/^Sofia .* holds this check until /), 30_000);
  await sofia.getByRole("button", { name: "Give back" }).click();
  await Promise.all([context.close(), lead.close()]);
  expectNoComplaints(complaints, 422);
});

/** The name under which somebody is signed in. */
async function nameOf(page: Page): Promise<string> {
  return (await page.getByRole("banner").getByRole("group").locator("summary bdi").innerText()).trim();
}

test("supervisors see the team's load, and its numbers lead to the checks", async ({ page, browser }) => {
  const reference = newReference("load");
  const id = await reviewable(page, reference);
  await page.goto(`/checks?tab=to_review&q=${reference}`);
  await page.getByRole("checkbox", { name: `Select ${CLEAN.name}, ${reference}` }).check();
  await page.getByLabel("Assign selected to").selectOption({ label: "me" });
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await expect(page.getByText("One check was assigned.")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Team" }), "for supervisors only").toHaveCount(0);

  const context = await browser.newContext();
  const sofia = await context.newPage();
  const complaints = collectComplaints(sofia);
  await actAs(sofia, "sofia");
  await sofia.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Team" }).click();
  await expect(sofia.getByRole("heading", { level: 1, name: "Team" })).toBeVisible();
  await expectNoAxeViolations(sofia);
  const anna = sofia.getByRole("table", { name: "Load by person" }).getByRole("row", { name: /Anna Berg/ });
  await anna.getByRole("link", { name: /^\d+ of Anna Berg|^1,000\+ of Anna Berg/ }).first().click();
  await expect(sofia).toHaveURL((url) => url.searchParams.get("state") === "open" && url.searchParams.get("tab") === "all");
  await sofia.goto(`${sofia.url()}&q=${reference}`);
  await expect(sofia.getByRole("rowheader").getByRole("link")).toHaveAttribute("href", `/checks/${id}`);
  await context.close();
  expectNoComplaints(complaints);
});
