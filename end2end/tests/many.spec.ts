// Many at once: a table of people and companies, how far it is, and several decisions on one page.
// Told both ways: a table is chosen, looked at and decided line by line, in forms that scripts send in place.
import { expect, test, type Page } from "@playwright/test";

import { newReference } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear } from "./helpers";

const HEADER = "customer_reference,subject,name,birth_date,country,registration_number";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

/** Chooses a file on the page of tables and looks at it. Few sources keep the provider's search short. */
async function lookAt(page: Page, name: string, table: string): Promise<void> {
  await page.goto("/checks/new");
  await page.getByRole("link", { name: "Launch them from a table" }).click();
  for (const source of ["Negative news", "Dow Jones", "Company register", "Court verdicts"]) {
    await page.getByRole("checkbox", { name: source }).uncheck();
  }
  await page.locator("#file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(table) });
  await page.getByRole("button", { name: "Look at the table" }).click();
}

test("a table of people and companies is launched, watched, and decided check by check", async ({ page }) => {
  const complaints = collectComplaints(page);
  const mark = newReference("table");
  const file = `${mark}.csv`;
  const table = [
    HEADER,
    `${mark}-1,person,Una Table,1990-06-21,DEU,`,
    `${mark}-2,company,Two Table Ltd,,GBR,01234567`,
    `${mark}-3,person,Tre Table,1990-13-01,Atlantis,`,
    `${mark}-4,person,Quattro Table,,,`,
  ].join("\n");
  await lookAt(page, file, table);
  await expect(page.getByText("1 of 4 lines cannot be sent.", { exact: false })).toBeVisible();
  const wrong = page.getByRole("row", { name: /Tre Table/ });
  await expect(wrong).toContainText("Column 4, birth_date: This day does not exist.");
  await expect(wrong).toContainText("Column 5, country: Write the country's code of three letters");
  await expect(page.getByLabel("Or paste the table")).toHaveValue(table);
  await expect(page.getByRole("checkbox", { name: "Dow Jones" })).not.toBeChecked();
  await expectNoAxeViolations(page);

  await page.getByRole("button", { name: "Leave 1 out and launch 3 checks" }).click();
  await expect(page.getByText("3 checks were launched; they are sent in groups.")).toBeVisible();
  await expect(page.getByRole("heading", { name: new RegExp(file) })).toBeVisible();
  await expect(page.getByText("1 line of the table was left out.")).toBeVisible();
  const batch = new URL(page.url()).pathname;
  await page.goto(batch);
  await expectToAppear(page, page.getByRole("link", { name: "3 to review" }));
  await expectNoAxeViolations(page);

  await page.goto("/checks/new/due-diligence/many");
  await page.getByRole("row", { name: new RegExp(file) }).getByRole("link").click();
  await page.getByRole("link", { name: "3 to review" }).click();
  await expect(page.getByRole("row", { name: / Table/ })).toHaveCount(3);
  for (const name of ["Una Table", "Two Table Ltd", "Quattro Table"]) {
    await page.getByRole("checkbox", { name: new RegExp(`^Select ${name}`) }).check();
  }
  await page.getByRole("button", { name: "Decide selected" }).click();
  await expect(page.getByRole("heading", { name: "Decide several checks" })).toBeVisible();
  await expectNoAxeViolations(page);

  const of = (name: string) => page.getByRole("group", { name: new RegExp(`^${name}`) });
  await of("Una Table").getByRole("radio", { name: "Accept" }).check();
  await of("Una Table").getByRole("combobox", { name: "Reason" }).selectOption({ label: "No adverse findings" });
  await of("Una Table").getByRole("textbox", { name: "Comment" }).fill("Nothing was found.");
  await of("Two Table Ltd").getByRole("radio", { name: "Reject" }).check();
  await of("Two Table Ltd").getByRole("combobox", { name: "Reason" }).selectOption({ label: "Customer did not give required information" });
  await page.getByRole("button", { name: "Decide what is filled in" }).click();

  await expect(page.getByText("1 check was decided.")).toBeVisible();
  await expect(page.getByText("1 check was not decided.")).toBeVisible();
  await expect(of("Una Table")).toContainText("You accepted it; the provider is told.");
  await expect(of("Two Table Ltd").getByRole("radio", { name: "Reject" })).toBeChecked();
  await expect(of("Two Table Ltd").getByRole("combobox", { name: "Reason" })).toHaveValue("information_refused");
  await expectNoAxeViolations(page);

  // With the keyboard alone, where the summary leads.
  await page.getByRole("alert").getByRole("link", { name: "Two Table Ltd" }).click();
  await of("Two Table Ltd").getByRole("textbox", { name: "Comment" }).focus();
  await page.keyboard.type("No papers came.");
  const decide = page.getByRole("button", { name: "Decide what is filled in" });
  await decide.focus();
  await page.keyboard.press("Enter");
  await expect(of("Two Table Ltd")).toContainText("You rejected it; the provider is told.");
  await page.getByRole("link", { name: "Back to the queue" }).click();
  await expect(page.getByRole("row", { name: / Table/ })).toHaveCount(1);
  await page.goto(batch);
  await expect(page.getByRole("link", { name: "2 decided" })).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("the same table sent twice launches once, and a table that is none is kept", async ({ page }) => {
  const mark = newReference("twice");
  const table = `${HEADER}\n${mark}-1,person,Once Only,,,`;
  await lookAt(page, "once.csv", table);
  await page.getByRole("button", { name: "Launch 1 check" }).click();
  await expect(page.getByText("One check was launched; it is sent now.")).toBeVisible();
  await lookAt(page, "once.csv", table);
  await expect(page.getByRole("row", { name: /Once Only/ })).toContainText("already has an open due diligence");

  await page.getByLabel("Or paste the table").fill("customer_reference,colour\nC-1,red");
  await page.getByRole("button", { name: "Look again" }).click();
  await expect(page.locator("#table-error")).toContainText("No column is called “colour”.");
  await expect(page.getByLabel("Or paste the table")).toHaveValue("customer_reference,colour\nC-1,red");
});
