// Anna launches checks: refused first, then a person, the same again, a draft, a company.
// Told both ways: a form is refused by scripts and by the desk, and its outcome comes by itself or with a reload.
import { expect, test } from "@playwright/test";

import { fillLaunchForm, findings, idOfPage, launch, NAMESAKE, newReference, untilOutcome } from "./checks";
import {
  actAs,
  collectComplaints,
  expectNoAxeViolations,
  expectNoComplaints,
  expectToAppear,
  sendOff,
  tasks,
  withScripts,
} from "./helpers";
import { told } from "./told";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("a launch that cannot be sent is refused beside its fields, and everything typed is kept", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("refused");
  const tomorrow = new Date(Date.now() + 3 * 24 * 3_600_000).toISOString().slice(0, 10);
  await fillLaunchForm(page, { ...NAMESAKE, name: "", birthDate: tomorrow }, reference);
  await page.getByLabel("Search setting").selectOption({ label: "Fuzzy, all years (2)" });
  await page.getByRole("button", { name: "Launch at KryptoGO" }).click();

  await expect(page.getByRole("alert").filter({ hasText: "2 fields need a change." })).toBeVisible();
  const name = page.getByRole("textbox", { name: /^Name/ });
  const born = page.getByRole("textbox", { name: /^Birth date/ });
  await expect(name).toHaveAccessibleDescription(/Give the name of the person\./);
  await expect(born).toHaveAccessibleDescription(/This date is in the future\./);
  await expect(born).toHaveValue(tomorrow);
  await expect(page.getByRole("textbox", { name: /^Customer reference/ })).toHaveValue(reference);
  await expect(page.getByLabel("Country", { exact: true })).toHaveValue("NOR");
  await expect(page.getByLabel("Search setting").getByRole("option", { selected: true })).toHaveText("Fuzzy, all years (2)");
  await expect(page.getByRole("checkbox", { name: "Dow Jones" })).toBeChecked();
  await expect(page.getByRole("checkbox", { name: "Negative news" })).not.toBeChecked();
  expect(page.url(), "nothing typed stands in the address").not.toContain(reference);
  await expectNoAxeViolations(page);

  // Each line of the summary leads to its field.
  await page.getByRole("alert").getByRole("link", { name: /^Name/ }).click();
  await expect(name).toBeFocused();
  await name.fill(NAMESAKE.name);
  await born.fill("1979-03-22");
  await sendOff(page);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  expect((await tasks()).filter((task) => task.customer_reference === reference).length).toBeLessThanOrEqual(1);
  expectNoComplaints(complaints, 422);
});

test("a launched check runs, and its outcome arrives by itself",
    told("on PostgreSQL", "workers share what is to be sent and read by locks of the database"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("running");
  let loads = 0;
  page.on("load", () => (loads += 1));
  // Slow, so that it is seen under way.
  await launch(page, { ...NAMESAKE, name: "Test Slow", sources: ["Negative news", "Dow Jones"] }, reference);
  const loadsBefore = loads;
  await expect(page.getByRole("heading", { level: 1, name: "Test Slow" })).toBeVisible();
  await expectToAppear(page, page.getByRole("heading", { name: "KryptoGO is searching" }));
  await expect(page.getByRole("list", { name: "Sources asked" }).getByRole("listitem")).toHaveText([/^Negative news/, /^Dow Jones/]);
  await expect(page.getByText("The provider is still searching. You can decide when its outcome is here.")).toBeVisible();
  await expectNoAxeViolations(page);
  await untilOutcome(page);
  await expect(findings(page).first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "KryptoGO is searching" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Provider's summary" })).toBeVisible();
  // Nobody types, so the page that can be judged and decided on takes the place of the one that was followed.
  if (withScripts()) expect(loads - loadsBefore, "loads for the outcome").toBeLessThanOrEqual(1);
  expectNoComplaints(complaints);
});

test("an open check of the same customer is pointed out before another one is launched",
    told("on PostgreSQL", "launches about one customer take turns by a lock of the database"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("twice");
  const first = await launch(page, NAMESAKE, reference);

  await fillLaunchForm(page, NAMESAKE, reference);
  await page.getByRole("button", { name: "Launch at KryptoGO" }).click();
  const warning = page.getByRole("alert").filter({ hasText: "This customer already has an open check of this kind." });
  await expect(warning).toBeVisible();
  await expect(warning.getByRole("link", { name: "Open it" })).toHaveAttribute("href", `/checks/${first}`);
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(NAMESAKE.name);
  await expectNoAxeViolations(page);
  expect((await tasks()).filter((task) => task.customer_reference === reference).length).toBeLessThanOrEqual(1);

  await page.getByRole("button", { name: "Launch anyway at KryptoGO" }).click();
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  expect(idOfPage(page)).not.toBe(first);
  await expect(page.getByRole("heading", { name: "Other checks of this customer" })).toBeVisible();
  await expect
    .poll(async () => (await tasks()).filter((task) => task.customer_reference === reference).length)
    .toBe(2);
  expectNoComplaints(complaints, 422);
});

test("a draft is saved, found on the tab All, finished and launched as a company",
    told("on PostgreSQL", "triggers say what of a check may change, and a draft changes most"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("draft");
  const company = { name: "Fjordlys Sjømat & Eiendom AS", country: "NOR", company: true };
  await fillLaunchForm(page, { ...company, sources: ["Negative news"] }, reference);
  await page.getByRole("textbox", { name: "Registration number" }).fill("NO-914 778 271");
  await page.getByRole("button", { name: "Save as draft" }).click();
  await expect(page.getByText("The draft was saved.")).toBeVisible();
  const draft = idOfPage(page);

  await page.goto(`/checks?tab=all&state=draft`);
  const row = page.getByRole("row", { name: new RegExp(reference) });
  await expect(row).toContainText("draft");
  await row.getByRole("link", { name: company.name }).click();
  await expect(page).toHaveURL(new RegExp(`/checks/${draft}/edit$`));
  await expect(page.getByRole("radio", { name: /^Company/ })).toBeChecked();
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(company.name);
  await expect(page.getByRole("textbox", { name: "Registration number" })).toHaveValue("NO-914 778 271");
  await expect(page.getByRole("checkbox", { name: "Sanction lists" })).not.toBeChecked();
  await expectNoAxeViolations(page);
  expect((await tasks()).filter((task) => task.customer_reference === reference)).toEqual([]);

  await sendOff(page);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  expect(idOfPage(page), "a draft keeps its id").toBe(draft);
  await untilOutcome(page);
  await expect(page.getByText("Registration number")).toBeVisible();
  await expect(page.getByText("NO-914 778 271")).toBeVisible();
  await expect
    .poll(async () => (await tasks()).filter((task) => task.customer_reference === reference))
    .toMatchObject([{ name: company.name, type: 2 }]);
  expectNoComplaints(complaints);
});
