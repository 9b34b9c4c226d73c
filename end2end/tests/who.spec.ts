// Whom a launch is about: a second person under a known reference, and one person under two references.
// Told both ways: the question before a launch is answered in a form that scripts send in place.
import { expect, test } from "@playwright/test";

import { fillLaunchForm, findings, idOfPage, newReference, untilOutcome, type Customer } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, sendOff } from "./helpers";
import { told } from "./told";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

/** Somebody whom no other story knows. */
function somebody(reference: string): Customer {
  return { name: `Astrid Lund ${reference}`, birthDate: "1988-04-03", country: "DNK", sources: ["Negative news"] };
}

test("a second person under a known reference is asked about, confirmed, and judged", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("who");
  const astrid = somebody(reference);
  await fillLaunchForm(page, astrid, reference);
  await sendOff(page);
  await untilOutcome(page);

  const viktor = { ...astrid, name: `Viktor Holm ${reference}`, birthDate: "1971-11-30" };
  await fillLaunchForm(page, viktor, reference);
  await page.getByRole("button", { name: "Launch at KryptoGO" }).click();
  const question = page.getByRole("alert").filter({ hasText: "This reference is known with other data." });
  await expect(question).toContainText(astrid.name);
  await expect(question).toContainText("1988-04-03 before, 1971-11-30 now");
  await expect(page.getByRole("textbox", { name: /^Customer reference/ })).toHaveAccessibleDescription(/Correct the reference, or confirm/);
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(viktor.name);
  await expectNoAxeViolations(page);
  expect(page.url(), "nothing typed stands in the address").not.toContain(reference);

  // Without the tick it asks again; nothing is launched.
  await page.getByRole("button", { name: "Launch anyway at KryptoGO" }).click();
  await expect(question).toBeVisible();
  await page.getByRole("checkbox", { name: /^The data of .* changed: name, birth date$/ }).check();
  await page.getByRole("button", { name: "Launch anyway at KryptoGO" }).click();
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(viktor.name);
  await expect(page.getByText("The customer's data changed with this check.")).toBeVisible();
  await untilOutcome(page);
  await expect(findings(page).first()).toContainText("Confirmed at the launch: the customer's data changed (name, birth date)");
  await expectNoAxeViolations(page);

  // The first check is still about whom it asked about.
  await page.goto(`/customers/${encodeURIComponent(reference)}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(viktor.name);
  await page.getByRole("table", { name: "Checks of this customer" }).getByRole("link", { name: astrid.name }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(astrid.name);
  await expect(page.getByText("What this check asked about differs from the customer's data.")).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("one person under two references is shown before the launch, and linked",
    told("on PostgreSQL", "the database finds a person by marks, and launches about one take turns by its locks"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const [first, second] = [newReference("one"), newReference("two")];
  const astrid = somebody(first);
  await fillLaunchForm(page, astrid, first);
  await sendOff(page);
  const before = idOfPage(page);

  await fillLaunchForm(page, { ...astrid, name: astrid.name.toUpperCase() }, second);
  await page.getByRole("button", { name: "Launch at KryptoGO" }).click();
  const question = page.getByRole("alert").filter({ hasText: "seems to be known under another reference" });
  await expect(question).toContainText(`Also known as ${first}`);
  await expect(question).toContainText("same name and birth date");
  await expectNoAxeViolations(page);
  await page.getByRole("button", { name: "Launch anyway at KryptoGO" }).click();
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  const after = idOfPage(page);

  const panel = page.locator("#also");
  await expect(panel).toContainText(`Also known as ${first}`);
  await panel.getByRole("textbox", { name: `Note on ${first}` }).fill("Same passport.");
  await panel.getByRole("button", { name: "The same person: link" }).click();
  const linked = page.locator("section").filter({ has: page.getByRole("heading", { name: "Checks of the same person under other references" }) });
  await expect(panel).toContainText("Recorded as the same person by");
  await page.goto(`/checks/${after}`);
  await expect(panel).toContainText("Same passport.");
  await expect(linked.getByRole("link", { name: "Due diligence, person" })).toHaveAttribute("href", `/checks/${before}`);
  await expectNoAxeViolations(page);

  await page.goto(`/customers/${encodeURIComponent(first)}`);
  await expect(linked.getByRole("link", { name: second })).toBeVisible();
  await page.locator("#also").getByRole("button", { name: "Not the same person" }).click();
  await expect(page.locator("#also")).toContainText("Recorded as not the same person by");
  await expect(linked).toHaveCount(0);
  expectNoComplaints(complaints, 422);
});
