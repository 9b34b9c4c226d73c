// What is grave takes a factor of the last five minutes: the page that asks for one goes on with what was typed. That it asks once
// five minutes are over is tested where the clock can be set (server/tests/it/step_up.rs).
// Told both ways: the form that a factor is asked for goes on with what was typed, sent in place or loaded.
import { expect, test, type Page } from "@playwright/test";

import { addConnection, addPerson, disableConnection, openConnection, trySignIn, type Person } from "./admin";
import { newReference } from "./checks";
import { codeOf, enrol } from "./codes";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints } from "./helpers";

/** Lets the open form of a connection go where the page that asks for a factor sends it, with a factor that is wrong. */
async function withWrongFactor(page: Page): Promise<void> {
  await page.locator("form[action='/api/admin/connections/save']").evaluate((form) => {
    const more = { step_to: form.getAttribute("action") ?? "", factor: "000000" };
    for (const [name, value] of Object.entries(more)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    form.setAttribute("action", "/api/session/fresh");
  });
}

test("a connection is changed with a code, and nothing that was typed is lost", async ({ page }) => {
  const complaints = collectComplaints(page);
  const account = newReference("keeper").toLowerCase();
  const kim: Person = { account, name: `Kim ${account}`, role: "Admin", password: `seven lamps for ${account.slice(-4)} harbour` };
  const name = `Step ${account}`;
  await addConnection(page, name);
  await openConnection(page, name);
  const address = page.url();
  await addPerson(page, kim);

  await page.context().clearCookies();
  await trySignIn(page, kim.account, kim.password);
  await expect(page.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();
  await page.goto("/account/factor");
  const { key } = await enrol(page);

  await page.goto(address);
  await page.getByRole("textbox", { name: /^Name/ }).fill(`${name} renamed`);
  await withWrongFactor(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Show that it is you" })).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("This code is wrong or was used already.");
  await expect(page.getByText("What you typed is kept and sent along.")).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByLabel(/^Your code/).fill(codeOf(key, 1));
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByText("The connection was saved.")).toBeVisible();
  await expect(page.getByRole("link", { name: `${name} renamed`, exact: true })).toBeVisible();

  await actAs(page, "adam");
  await disableConnection(page, `${name} renamed`);
  expectNoComplaints(complaints, 422);
});
