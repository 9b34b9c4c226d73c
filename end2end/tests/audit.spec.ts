// Sofia audits: what was decided and why, who did and saw what, and that the record was not tampered with.
// Told both ways: lists are filtered and read by hand, and scripts alone know what time it is where the reader sits.
import { expect, test, type Locator, type Page } from "@playwright/test";

import { rowOf } from "./admin";
import { decide, findings, judgeAll, launch, NAMESAKE, newReference, panel, untilOutcome } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear } from "./helpers";
import { told } from "./told";

const DAY = 24 * 3_600_000;

/** A date in UTC, as the journal filters by it. */
function day(offset: number): string {
  return new Date(Date.now() + offset * DAY).toISOString().slice(0, 10);
}

/** Chooses a person by name; each stands there with the account, which tells people of one name apart. */
async function choosePerson(page: Page, name: string): Promise<void> {
  const select = page.getByRole("combobox", { name: /^Person/ });
  const option = select.getByRole("option").filter({ hasText: new RegExp(`^${name} \\(`) }).first();
  await select.selectOption((await option.getAttribute("value")) ?? "");
}

/** Fills the journal's filters and applies them. */
async function filterJournal(page: Page, by: { person?: string; action?: string; about?: string; from?: string; until?: string }): Promise<void> {
  await page.goto("/journal");
  if (by.person) await choosePerson(page, by.person);
  if (by.action) await page.getByRole("combobox", { name: /^Action/ }).selectOption({ label: by.action });
  if (by.about) await page.getByRole("searchbox", { name: /^About/ }).fill(by.about);
  if (by.from) await page.getByRole("textbox", { name: "From" }).fill(by.from);
  if (by.until) await page.getByRole("textbox", { name: "Until" }).fill(by.until);
  await page.getByRole("button", { name: "Filter" }).click();
  // To the end of the page: a list that is still arriving has fewer rows.
  await page.waitForURL(/\/journal\?/);
}

/** The journal's rows without its head. */
function entries(page: Page): Locator {
  return page.getByRole("table", { name: "Journal" }).getByRole("row").filter({ has: page.getByRole("cell") });
}

/** The numbers of the entries on the open page of the journal. */
async function numbers(page: Page): Promise<number[]> {
  const cells = await entries(page).allInnerTexts();
  return cells.map((text) => Number(text.trim().split(/\s/)[0]));
}

/** Views are recorded within milliseconds, in groups: looks again until the journal has this many of them. */
async function expectEntries(page: Page, count: number): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(entries(page)).toHaveCount(count, { timeout: 500 });
  }).toPass({ timeout: 10_000 });
}

test("Sofia finds a decision in the list, filters it, and opens what the reviewer saw",
    told("on PostgreSQL", "the list is filtered by the database, and evidence comes back from it byte for byte"), async ({ page }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("decided");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await judgeAll(page, "False positive");
  const comment = "Born in another year.\nThe office is held by somebody else of the name.";
  await decide(page, "Accept", "All findings are about somebody else", comment);
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));

  await actAs(page, "sofia");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Decisions" }).click();
  const row = rowOf(page, "Decisions", reference);
  await expect(row).toContainText("accepted");
  await expect(row).toContainText("All findings are about somebody else");
  await expect(row).toContainText("Anna Berg");
  await expect(row).toContainText("applied at the provider");
  await expect(row).toContainText("58 medium");

  const narrow = async (outcome: string, person: string) => {
    await page.getByRole("combobox", { name: /^Outcome/ }).selectOption({ label: outcome });
    await choosePerson(page, person);
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page.getByRole("combobox", { name: /^Person/ }).getByRole("option", { selected: true })).toContainText(`${person} (`);
  };
  await narrow("Reject", "Anna Berg");
  await expect(row).toHaveCount(0);
  await narrow("Accept", "Ben Okafor");
  await expect(row).toHaveCount(0);
  await narrow("Accept", "Anna Berg");
  await expect(row).toHaveCount(1);

  await row.getByRole("link", { name: "Open" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Decision: accept" })).toBeVisible();
  await expect(page.getByText("As it was made, with what its maker opened and what was only listed. If anybody changed it since, verifying the journal says so.")).toBeVisible();
  await expect(page.getByText("58 medium")).toBeVisible();
  await expect(page.getByText(comment)).toBeVisible();
  await expect(page.getByRole("region", { name: "Findings as they stood" })).toContainText("False positive");
  const seen = page.getByRole("region", { name: "Evidence listed" });
  await expect(seen.getByRole("link", { name: "Open" })).toHaveCount(2);
  await expectNoAxeViolations(page);
  const hash = (await seen.getByRole("code").first().innerText()).trim();
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  await seen.getByRole("link", { name: "Open" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Evidence as received" })).toBeVisible();
  await expect(page.getByText("The bytes are what was received: only they have the name that they were kept under.")).toBeVisible();
  await expect(page.getByText(hash)).toBeVisible();
  await expect(page.getByLabel("Body as received")).toContainText(`"customer_reference":"${reference}"`);
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "‹ The check" }).click();
  await expect(page).toHaveURL(new RegExp(`/checks/${id}$`));
  expectNoComplaints(complaints);
});

test("what Anna sees of a customer, and what she decides, leaves entries with her name",
    told("on PostgreSQL", "views are written in groups, and the database filters the journal"), async ({ page }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("seen");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await decide(page, "Reject", "Overall risk outside our appetite", "Seen by Anna.");
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));

  await actAs(page, "sofia");
  await filterJournal(page, { person: "Anna Berg", action: "Check viewed", about: id });
  await expect(entries(page).first()).toBeVisible();
  const before = await entries(page).count();
  await filterJournal(page, { person: "Anna Berg", action: "Evidence viewed", about: id });
  await expect(page.getByRole("heading", { name: "No entry fits" })).toBeVisible();

  await actAs(page, "anna");
  await page.goto(`/checks/${id}`);
  await page.getByText("Raw evidence").first().click();
  await page.getByRole("region", { name: "Raw evidence" }).getByRole("link", { name: "Open" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Evidence as received" })).toBeVisible();
  await page.goto(`/customers/${reference}`);
  await expect(page.getByRole("heading", { level: 1, name: NAMESAKE.name })).toBeVisible();

  await actAs(page, "sofia");
  await filterJournal(page, { person: "Anna Berg", action: "Check viewed", about: id });
  await expectEntries(page, before + 1);
  await expect(entries(page).first()).toContainText("Anna Berg");
  await expect(entries(page).first()).toContainText(reference);
  await expect(entries(page).first().getByRole("link", { name: id })).toHaveAttribute("href", `/checks/${id}`);
  await filterJournal(page, { person: "Anna Berg", action: "Evidence viewed", about: id });
  await expectEntries(page, 1);
  await expect(entries(page)).toContainText("name");
  await filterJournal(page, { person: "Anna Berg", action: "Customer viewed" });
  await expect(entries(page).first()).toContainText(reference);

  // So does her decision; nobody else is in it.
  await filterJournal(page, { person: "Anna Berg", action: "Decision recorded", about: id });
  await expect(entries(page)).toHaveCount(1);
  await expect(page.getByRole("combobox", { name: /^Action/ }).getByRole("option", { selected: true })).toHaveText("Decision recorded");
  await filterJournal(page, { person: "Ben Okafor", about: id });
  await expect(page.getByRole("heading", { name: "No entry fits" })).toBeVisible();
  expectNoComplaints(complaints);
});

test("the list of decisions has no fault, whatever the customers' names and references are", async ({ page }) => {
  await actAs(page, "sofia");
  await page.goto("/decisions");
  await expect(page.getByRole("table", { name: "Decisions" })).toBeVisible();
  await expectNoAxeViolations(page);
});

test("the journal is filtered by date", told("on PostgreSQL", "the database compares the days"), async ({ page }) => {
  await actAs(page, "sofia");
  await filterJournal(page, { from: day(-1), until: day(1) });
  await expect(entries(page).first()).toBeVisible();
  await expect(page.getByRole("textbox", { name: "From" })).toHaveValue(day(-1));
  await filterJournal(page, { from: day(2) });
  await expect(page.getByRole("heading", { name: "No entry fits" })).toBeVisible();
  await filterJournal(page, { until: day(-2) });
  await expect(page.getByRole("heading", { name: "No entry fits" })).toBeVisible();
});

test("the journal is read page by page, without a gap, and the filters stay",
    told("on PostgreSQL", "the order of the entries is the database's, and they are appended under its lock"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "sofia");
  await filterJournal(page, { from: day(-365) });
  const first = await numbers(page);
  expect(first).toHaveLength(100);
  expect(first).toEqual([...first].sort((a, b) => b - a));
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "older ›" }).click();
  await page.waitForURL(/before=\d+/);
  await expect(page.getByRole("textbox", { name: "From" })).toHaveValue(day(-365));
  const second = await numbers(page);
  expect(second[0]).toBe((first.at(-1) as number) - 1);
  expect(second).toHaveLength(100);
  expectNoComplaints(complaints);
});

test("Sofia verifies the chain, and the page names the head to note down",
    told("on PostgreSQL", "every row is read back and held against its entry, of whatever type it became"), async ({ page }) => {
  await actAs(page, "sofia");
  await page.goto("/journal");
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await expect(page.getByText("All entries follow from one another, and every row is as its entry says.")).toBeVisible();
  const kept = page.getByRole("region", { name: "Verification of the record" });
  await expect(kept).toContainText(/Sofia \S+ verified the record on .+: [\d,]+ entries hold together, [\d,]+ of them with erased details, and [\d,]+ rows are as they say\./);
  await expect(kept).toContainText(/\d+:[0-9a-f]{64}/);
  // It is kept, with its time and person; nothing of it stands in the address.
  await page.goto("/journal?verified=intact&n=999999");
  await expect(page.getByText("follow from one another")).toHaveCount(0);
  await expect(page.getByText("999999")).toHaveCount(0);
  await expect(kept).toContainText("verified the record on");
});

test("an analyst may see neither the journal nor all decisions, and the try is written down", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  for (const [path, needs] of [
    ["/journal", "Read and verify the journal takes a person who is supervisor."],
    ["/decisions", "See all decisions takes a person who is supervisor."],
  ] as const) {
    expect((await page.goto(path))?.status(), path).toBe(403);
    await expect(page.getByRole("heading", { level: 1, name: "This is not for your role" })).toBeVisible();
    await expect(page.getByText(needs)).toBeVisible();
  }
  await expectNoAxeViolations(page);

  await actAs(page, "sofia");
  await filterJournal(page, { person: "Anna Berg", action: "Access refused" });
  await expect(async () => {
    await page.reload();
    await expect(entries(page).first()).toContainText("path: /decisions", { timeout: 500 });
  }).toPass({ timeout: 10_000 });
  await expect(entries(page).nth(1)).toContainText("path: /journal");
  expectNoComplaints(complaints, 403);
});

test.describe("in Los Angeles", () => {
  test.use({ timezoneId: "America/Los_Angeles" });

  test("an entry is found by the day that it is shown on",
      told("with scripts", "without scripts, days are those of UTC"), async ({ page }) => {
    await actAs(page, "sofia");
    await page.goto("/journal");
    const shown = (await entries(page).first().getByRole("time").innerText()).slice(0, 10);
    await filterJournal(page, { from: shown, until: shown });
    await expect(entries(page).first().getByRole("time")).toContainText(shown);
    await expect(page).toHaveURL(/from_zone=(420|480)/);
  });
});
