// Everything about one customer: checks of all kinds, each linked from their page.
// Told both ways: forms of all kinds are filled in, and their answers come by themselves or with a reload.
import { expect, test, type Page } from "@playwright/test";

import { launch, newReference, wallet } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, sendOff } from "./helpers";
import { launchIdv, MUELLER } from "./idv";
import { launchPerson } from "./video";
import { told } from "./told";

const KINDS = [
  "Due diligence, person",
  "Due diligence, company",
  "ID verification",
  "Video identification",
  "Number match",
  "PID-CPR match",
  "ROFUS",
  "Wallet analysis",
  "Tenure",
  "Age verification",
  "SIM swap",
];
const NAME = "Jörg Müller";
/** A CPR number of his birthday, which nobody has. */
const BORN = "050984-0000";
const PHONE: [RegExp, string] = [/^Phone number/, "+34629255833"];
const field = (page: Page, name: RegExp) => page.getByRole("textbox", { name });

/** Launches one of those that are answered at once. */
async function ask(page: Page, path: string, reference: string, values: [RegExp, string][], button: string): Promise<void> {
  await page.goto(path);
  await field(page, /^Customer reference/).fill(reference);
  await field(page, /^Name/).first().fill(NAME);
  for (const [name, value] of values) await field(page, name).fill(value);
  await sendOff(page, button);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
}

test("a customer's page links checks of all eleven kinds",
    told("on PostgreSQL", "each kind has rows of its own, which a database writes and reads in its own types"), async ({ page }) => {
  test.slow();
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("all-kinds");
  await launch(page, { name: NAME, birthDate: MUELLER.birthDate, country: "DEU", sources: ["Negative news"] }, reference);
  await launch(page, { name: NAME, company: true, country: "DEU", sources: ["Negative news"] }, reference);
  await launchIdv(page, "link", MUELLER, reference);
  await launchPerson(page, { first: "Jörg", last: "Müller", birthDate: MUELLER.birthDate }, reference);
  await ask(page, "/checks/new/number", reference, [PHONE, [/^Given name/, "Jörg"]], "Launch at the operator");
  await ask(page, "/checks/new/tenure", reference, [PHONE, [/^With its subscriber since/, "2024-07-01"]], "Launch at the operator");
  await ask(page, "/checks/new/age", reference, [PHONE, [/^Minimum age/, "18"]], "Launch at the operator");
  await ask(page, "/checks/new/sim-swap", reference, [PHONE], "Launch at the operator");
  await ask(page, "/checks/new/pid-cpr", reference, [[/^PID/, "9208-2002-2-577168596796"], [/^CPR/, BORN]], "Launch at ZignSec");
  await ask(page, "/checks/new/rofus", reference, [[/^CPR/, BORN]], "Launch at ZignSec");
  await ask(page, "/checks/new/wallet", reference, [[/^Address/, await wallet("btc", "clean")]], "Launch at KryptoGO");

  await page.goto(`/customers/${encodeURIComponent(reference)}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(NAME);
  await expect(page.getByText(/^11 in all/)).toBeVisible();
  const table = page.getByRole("table", { name: "Checks of this customer" });
  const links = table.getByRole("row").getByRole("link");
  await expect(links).toHaveCount(11);
  for (const kind of KINDS) await expect(table.getByTitle(kind, { exact: true }), kind).toHaveCount(1);
  await expectNoAxeViolations(page);
  const pages = await links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).pathname));
  expect(new Set(pages).size, "each its own page").toBe(11);
  for (const path of pages) {
    await page.goto(path);
    await expect(page.getByRole("link", { name: reference }).first(), "and back to the customer").toBeVisible();
  }
  expectNoComplaints(complaints);
});

test("a wallet's analysis is read again, and what changed is said", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const later = await wallet("eth", "listed_later");
  const again = page.getByRole("button", { name: "Read again at KryptoGO" });

  await ask(page, "/checks/new/wallet", newReference("same"), [[/^Address/, await wallet("eth", "clean")]], "Launch at KryptoGO");
  await expectToAppear(page, again);
  await again.click();
  await expect(page.getByText("the analysis says the same")).toBeVisible();

  await ask(page, "/checks/new/wallet", newReference("later"), [[/^Address/, later]], "Launch at KryptoGO");
  await expectToAppear(page, again);
  await again.click();
  const notice = page.getByRole("note").filter({ hasText: "KryptoGO says something else of this wallet now:" });
  await expect(notice).toContainText("sanctioned addresses: 1, was 0");
  await expect(notice).toContainText("risk: 100, was");
  await expectNoAxeViolations(page);
  await notice.getByRole("link", { name: "Analyse the wallet anew" }).click();
  await expect(field(page, /^Address/)).toHaveValue(later);

  await ask(page, "/checks/new/wallet", newReference("gone"), [[/^Address/, await wallet("eth", "detail_404")]], "Launch at KryptoGO");
  await expectToAppear(page, again);
  await again.click();
  await expect(page.getByRole("alert").first()).toContainText("KryptoGO");
  expectNoComplaints(complaints, 422);
});
