// Anna looks through the queue: tabs, filters, sorting, paging, searching, sharing out, taking the next.
// Told both ways: filters, pages and selections work by forms and addresses, which scripts must not lose.
import { expect, test, type Locator, type Page } from "@playwright/test";

import { idOfPage, launch, NAMESAKE, newReference, ONE_SANCTION, saveDrafts, untilOutcome, type Customer } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, sendOff, withScripts } from "./helpers";
import { told } from "./told";

/** Nothing but a score is found about her. Low risk. */
const CLEAN: Customer = { name: "Ngozi Adaeze Okonkwo", birthDate: "1985-09-15", country: "NGA", sources: ["Negative news"] };

function rowOf(page: Page, reference: string): Locator {
  return page.getByRole("row", { name: new RegExp(reference) });
}

/** Names and references of the rows that are listed, from the top. */
async function listed(page: Page): Promise<string[]> {
  return (await page.getByRole("rowheader").allInnerTexts()).map((words) => words.replaceAll(/\s+/g, " "));
}

function tab(page: Page, name: RegExp | string): Locator {
  return page.getByRole("navigation", { name: "Queues" }).getByRole("link", { name });
}

function text(page: Page): Locator {
  return page.getByRole("main").getByRole("searchbox", { name: "Text", exact: true });
}

function choice(page: Page, name: string): Locator {
  return page.getByRole("main").getByRole("combobox", { name, exact: true });
}

async function filter(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Filter", exact: true }).click();
}

async function assignSelected(page: Page, assignee: "me" | "nobody"): Promise<void> {
  await page.getByLabel("Assign selected to").selectOption({ label: assignee });
  await page.getByRole("button", { name: "Assign", exact: true }).click();
}

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("a check stands on the tabs that it belongs to, and each tab says which one is open", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("tabs");
  await launch(page, CLEAN, reference);
  await untilOutcome(page);

  await page.goto(`/checks`);
  await expect(tab(page, /^To review/), "the tab of an address without one").toHaveAttribute("aria-current", "page");
  const shown: string[] = [];
  for (const name of [/^Mine/, /^To review/, /^Waiting for approval/, /^Running/, /^Needs attention/, /^All/]) {
    await tab(page, name).click();
    await expect(tab(page, name)).toHaveAttribute("aria-current", "page");
    await expect(tab(page, /./).and(page.locator("[aria-current]"))).toHaveCount(1);
    const address = new URL(page.url());
    await page.goto(`/checks?tab=${address.searchParams.get("tab")}&q=${reference}`);
    if (await rowOf(page, reference).isVisible()) shown.push(address.search);
  }
  expect(shown).toEqual(["?tab=to_review", "?tab=all"]);
  expectNoComplaints(complaints);
});

test("filters stand in the address, and a reload or a shared link shows the same", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("filters");
  await launch(page, CLEAN, `${reference}-low`);
  const low = idOfPage(page);
  await launch(page, NAMESAKE, `${reference}-medium`);
  await untilOutcome(page);
  await page.goto(`/checks/${low}`);
  await untilOutcome(page);

  await page.goto("/checks?tab=all");
  await text(page).fill(reference);
  await filter(page);
  await expect(page.getByRole("rowheader")).toHaveCount(2);
  await choice(page, "Kind").selectOption({ label: "Due diligence, person" });
  await choice(page, "State").selectOption({ label: "to review" });
  await choice(page, "Risk").selectOption({ label: "low" });
  await choice(page, "Assignee").selectOption({ label: "nobody" });
  await choice(page, "Age").selectOption({ label: "last 24 hours" });
  await filter(page);
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await expect(rowOf(page, `${reference}-low`)).toContainText("low");
  const chosen = Object.fromEntries(new URL(page.url()).searchParams);
  expect(chosen).toMatchObject({ tab: "all", kind: "dd_kyc", state: "to_review", risk: "low", assignee: "none", age: "day", q: reference });
  await expectNoAxeViolations(page);

  await page.reload();
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await expect(choice(page, "Risk")).toHaveValue("low");
  await expect(choice(page, "State")).toHaveValue("to_review");
  await expect(text(page)).toHaveValue(reference);

  // The way back from a check keeps them too; without scripts that is the browser's own Back.
  const address = page.url();
  await rowOf(page, `${reference}-low`).getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: CLEAN.name })).toBeVisible();
  const back = page.getByRole("link", { name: "‹ Queue" });
  if (withScripts()) {
    await expect(back).toHaveAttribute("href", /\?/);
    await back.click();
  } else {
    await page.goBack();
  }
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  expect(new URL(page.url()).search).toBe(new URL(address).search);

  await page.getByRole("link", { name: "Clear", exact: true }).click();
  await expect(page).toHaveURL(/\/checks\?tab=all$/);
  await expect(text(page)).toHaveValue("");
  expectNoComplaints(complaints);
});

test("the queue is sorted as chosen", told("on PostgreSQL", "the order of the rows is the database's"), async ({ page }) => {
  const reference = newReference("sort");
  const customers: [Customer, string][] = [[NAMESAKE, "first"], [ONE_SANCTION, "second"], [CLEAN, "third"]];
  const ids: string[] = [];
  for (const [customer, place] of customers) ids.push(await launch(page, customer, `${reference}-${place}`));
  for (const id of ids) {
    await page.goto(`/checks/${id}`);
    await untilOutcome(page);
  }
  await page.goto(`/checks?tab=to_review&q=${reference}`);
  const orders = [
    ["Highest risk first", ["second", "first", "third"]],
    ["Newest first", ["third", "second", "first"]],
    ["Longest waiting first", ["first", "second", "third"]],
  ] as const;
  for (const [sort, places] of orders) {
    await choice(page, "Sort").selectOption({ label: sort });
    await filter(page);
    await expect(page.getByRole("table", { name: `To review, ${sort}` })).toBeVisible();
    expect((await listed(page)).map((words) => words.split("-").pop()), sort).toEqual(places);
  }
  await choice(page, "Sort").selectOption({ label: "Due first" });
  await filter(page);
  await expect(page.getByRole("table", { name: "To review, Due first" })).toBeVisible();
  const cells = page.getByRole("row").filter({ has: page.getByRole("rowheader") }).getByRole("time").filter({ hasText: /^in |late$/ });
  const due = await cells.evaluateAll((times) => times.map((time) => time.getAttribute("datetime")));
  expect(due).toHaveLength(3);
  expect(due, "moments in order").toEqual(due.toSorted());
});

test("pages lead on and back without repeating or losing a row, also while new checks arrive",
    told("on PostgreSQL", "the order is the database's, and so is where the next page begins"), async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("pages");
  const count = 53;
  const references = Array.from({ length: count }, (_, at) => `${reference}-${String(at).padStart(2, "0")}`);
  await saveDrafts(page, "Priya Venkataraman", references);
  const newest = references.toReversed().map((each) => `Priya Venkataraman ${each}`);

  await page.goto(`/checks?tab=all&state=draft&q=${reference}`);
  const pager = page.getByRole("navigation", { name: "Pages" });
  await expect(page.getByRole("rowheader")).toHaveCount(50);
  await expect(pager.getByRole("link", { name: /before/ })).toHaveCount(0);
  const first = await listed(page);
  expect(first).toEqual(newest.slice(0, 50));

  const context = await browser.newContext();
  const elsewhere = await context.newPage();
  await actAs(elsewhere, "ben");
  await saveDrafts(elsewhere, "Priya Venkataraman", [`${reference}-late`]);
  await context.close();
  await pager.getByRole("link", { name: /after/ }).click();
  await expect(page.getByRole("rowheader")).toHaveCount(3);
  expect(await listed(page), "no row twice because one came in on top").toEqual(newest.slice(50));
  expect(new URL(page.url()).searchParams.get("state"), "the filter goes along").toBe("draft");
  await expect(pager.getByRole("link", { name: /after/ })).toHaveCount(0);
  await expectNoAxeViolations(page);

  await pager.getByRole("link", { name: /before/ }).click();
  await expect(page.getByRole("rowheader")).toHaveCount(50);
  expect(await listed(page)).toEqual(first);
  // The one that came in meanwhile is before all of these.
  await pager.getByRole("link", { name: /before/ }).click();
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await expect(rowOf(page, `${reference}-late`)).toBeVisible();
  expectNoComplaints(complaints);
});

test("any two letters of a name find it, also without its diacritics and in Chinese",
    told("on PostgreSQL", "the database finds names by their endings, asked in its own way"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("search");
  await launch(page, { name: "Thomas Müller-Brandt", birthDate: "1988-07-14", country: "DEU", sources: ["Negative news"] }, `${reference}-de`);
  const german = idOfPage(page);
  await launch(page, { name: "王又曾", birthDate: "1927-03-13", country: "TWN", sources: ["Negative news"] }, `${reference}-tw`);
  const chinese = idOfPage(page);

  const search = page.getByRole("search").getByRole("searchbox", { name: "Search checks" });
  const found = async (text: string): Promise<string[]> => {
    await search.fill(text);
    await search.press("Enter");
    await expect(page).toHaveURL((url) => url.pathname === "/checks" && url.searchParams.get("q") === text);
    await expect(page.getByRole("rowheader").or(page.getByRole("heading", { name: "No check fits" })).first()).toBeVisible();
    return (await listed(page)).filter((words) => words.includes(reference));
  };
  const [de, tw] = [[`Thomas Müller-Brandt ${reference}-de`], [`王又曾 ${reference}-tw`]];
  // Search is not bound to a tab, so what still runs is found too; the newest come first.
  expect(await found("muller")).toEqual(de);
  expect(await found("MÜLLER brandt")).toEqual(de);
  expect(await found("ül")).toEqual(de);
  expect(await found("又曾")).toEqual(tw);
  expect(await found("王又曾")).toEqual(tw);
  expect(await found(`${reference} tw`)).toEqual(tw);
  expect(await found("又曽"), "another sign").toEqual([]);
  expect(await found("mulller")).toEqual([]);
  await expect(tab(page, /^All/)).toHaveAttribute("aria-current", "page");

  // In the list's own field an id filters like any other text.
  for (const [id, rows] of [[german, de], [chinese.toUpperCase(), tw]] as const) {
    await text(page).fill(id);
    await filter(page);
    await expect(page.getByRole("rowheader")).toHaveCount(1);
    expect(await listed(page)).toEqual(rows);
  }
  expectNoComplaints(complaints);
});

test("selected checks are assigned to me and to nobody, and the filters stay", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("assign");
  const other = await launch(page, CLEAN, `${reference}-a`);
  await launch(page, CLEAN, `${reference}-b`);
  await untilOutcome(page);
  await page.goto(`/checks/${other}`);
  await untilOutcome(page);

  await page.goto(`/checks?tab=to_review&q=${reference}`);
  const [a, b] = [rowOf(page, `${reference}-a`), rowOf(page, `${reference}-b`)];
  await expect(a).toContainText("nobody");
  await a.getByRole("checkbox", { name: `Select ${CLEAN.name}, ${reference}-a` }).check();
  await assignSelected(page, "me");
  await expect(page.getByText("One check was assigned.")).toBeVisible();
  expect(new URL(page.url()).searchParams.get("q")).toBe(reference);
  await expect(a).toContainText("Anna Berg");
  await expect(b, "what was not selected").toContainText("nobody");
  await expectNoAxeViolations(page);

  await page.goto(`/checks?tab=mine&q=${reference}`);
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await expect(a).toBeVisible();

  await page.goto(`/checks?tab=to_review&q=${reference}`);
  for (const box of await page.getByRole("checkbox", { name: /^Select .*, / }).all()) await box.check();
  await assignSelected(page, "nobody");
  await expect(page.getByText(/checks? (was|were) assigned\./)).toBeVisible();
  await expect(a).toContainText("nobody");
  await page.goto(`/checks?tab=mine&q=${reference}`);
  await expect(page.getByRole("heading", { name: "No check fits" })).toBeVisible();
  expectNoComplaints(complaints);
});

test("Take next gives one check to one person, never the same to two who press at once",
    told("on PostgreSQL", "locks of the database keep two apart who press at once"), async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("next");
  const early = await launch(page, CLEAN, `${reference}-a`);
  await launch(page, CLEAN, `${reference}-b`);
  await untilOutcome(page);
  await page.goto(`/checks/${early}`);
  await untilOutcome(page);

  const context = await browser.newContext();
  const ben = await context.newPage();
  await actAs(ben, "ben");
  const take = async (of: Page, name: RegExp): Promise<string> => {
    await of.getByRole("button", { name }).click();
    await expect(of.getByRole("button", { name: "Give back" })).toBeVisible();
    return idOfPage(of);
  };
  await Promise.all([page.goto("/checks"), ben.goto("/checks")]);
  const [annas, bens] = await Promise.all([take(page, /^Take next/), take(ben, /^Take next/)]);
  expect(annas).not.toBe(bens);

  // Each sees what the other holds, and can do nothing to make it theirs by going on.
  await ben.goto(`/checks/${annas}`);
  await expect(ben.getByText(/^Anna Berg holds this check until /)).toBeVisible();
  await expect(ben.getByRole("button", { name: "Give back" })).toHaveCount(0);
  const bensNext = await take(ben, /^Next/);
  expect(bensNext).not.toBe(annas);
  await expectNoAxeViolations(ben);

  // Given back, it is free again: for whoever opens it, nobody holds it.
  await page.getByRole("button", { name: "Give back" }).click();
  await expect(page.getByText("The check was given back to the queue.")).toBeVisible();
  await ben.goto(`/checks/${annas}`);
  await expect(ben.getByText(/^Nobody holds this check\./)).toBeVisible();
  await ben.goto(`/checks/${bensNext}`);
  await ben.getByRole("button", { name: "Give back" }).click();
  await expect(ben.getByText("The check was given back to the queue.")).toBeVisible();
  await context.close();
  expectNoComplaints(complaints);
});

test("when no check fits, the queue says so and leads out", async ({ page }) => {
  const complaints = collectComplaints(page);
  await page.goto("/checks?tab=running&q=qqzzxxqq&kind=dd_kyb");
  await expect(page.getByRole("heading", { name: "No check fits" })).toBeVisible();
  await expect(page.getByText("No check on this tab fits the filters. Clear them, or search on the tab All.")).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "Back to the whole tab" }).click();
  await expect(page).toHaveURL(/\/checks\?tab=running$/);
  await expect(text(page)).toHaveValue("");
  expectNoComplaints(complaints);
});

test("a customer's page lists the checks and launches another one", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("customer");
  const first = await launch(page, NAMESAKE, reference);

  await page.goto("/customers");
  await page.getByRole("searchbox", { name: "Name or reference" }).fill(reference);
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await rowOf(page, reference).getByRole("link", { name: NAMESAKE.name }).click();
  await expect(page).toHaveURL(new RegExp(`/customers/${reference}$`));
  await expect(page.getByRole("heading", { level: 1, name: NAMESAKE.name })).toBeVisible();
  await expect(page.getByText("1 in all, 1 open, 0 decided")).toBeVisible();
  await expect(page.getByText("1979-03-22", { exact: true })).toBeVisible();
  await expect(page.getByText("Norway")).toBeVisible();
  const checks = page.getByRole("table", { name: "Checks of this customer" }).getByRole("rowheader").getByRole("link");
  await expect(checks).toHaveCount(1);
  await expect(checks).toHaveAttribute("href", `/checks/${first}`);
  await expectNoAxeViolations(page);

  await page.getByRole("link", { name: "Launch another check" }).click();
  await expect(page.getByRole("textbox", { name: /^Customer reference/ })).toHaveValue(reference);
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(NAMESAKE.name);
  await expect(page.getByRole("textbox", { name: /^Birth date/ })).toHaveValue("1979-03-22");
  await expect(page.getByLabel("Country", { exact: true })).toHaveValue("NOR");
  await page.getByRole("radio", { name: /^Company/ }).check();
  await sendOff(page);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  const second = idOfPage(page);

  await page.getByRole("link", { name: reference }).first().click();
  await expect(page.getByText("2 in all")).toBeVisible();
  await expect(checks).toHaveCount(2);
  expect(await checks.evaluateAll((links) => links.map((link) => link.getAttribute("href"))), "newest first").toEqual([
    `/checks/${second}`,
    `/checks/${first}`,
  ]);
  expectNoComplaints(complaints);
});
