// An admin's session is open for five minutes: what is grave then asks for a factor, and what was typed is not lost.
import { expect, test, type Page } from "@playwright/test";

import { addConnection, addPerson, disableConnection, openConnection, trySignIn, type Person } from "./admin";
import { newReference } from "./checks";
import { codeOf, enrol, giveCode } from "./codes";
import { actAs, expectNoAxeViolations, withScripts } from "./helpers";

/** Opens a connection as whoever is signed in, names it, and saves it. */
async function rename(page: Page, address: string, name: string): Promise<void> {
  await page.goto(address);
  await page.getByRole("textbox", { name: /^Name/ }).fill(name);
  await page.getByRole("button", { name: "Save" }).click();
}

test("after five minutes a connection is changed with a code, and nothing typed is lost", async ({ page }) => {
  // The desk's clock is the real one: once, without scripts, is enough.
  if (withScripts()) return;
  test.setTimeout(9 * 60_000);
  const account = newReference("keeper").toLowerCase();
  const kim: Person = { account, name: `Kim ${account}`, role: "Admin", password: `seven lamps for ${account.slice(-4)} harbour` };
  const name = `Step ${account}`;
  await addConnection(page, name);
  await openConnection(page, name);
  const address = page.url();
  await addPerson(page, kim);

  await page.context().clearCookies();
  await trySignIn(page, kim.account, kim.password);
  await page.goto("/account/factor");
  const { key } = await enrol(page);
  await page.context().clearCookies();
  await trySignIn(page, kim.account, kim.password);
  await giveCode(page, codeOf(key));

  const asked = page.getByRole("heading", { level: 1, name: "Show that it is you" });
  await expect(async () => {
    await rename(page, address, `${name} renamed`);
    await expect(asked).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 7 * 60_000, intervals: [20_000] });
  await expectNoAxeViolations(page);
  const [code, goOn] = [page.getByLabel(/^Your code/), page.getByRole("button", { name: "Go on" })];
  await code.fill("000000");
  await goOn.click();
  await expect(page.getByRole("alert")).toContainText("This code is wrong or was used already.");
  await code.fill(codeOf(key));
  await goOn.click();
  await expect(page.getByText("The connection was saved.")).toBeVisible();
  await expect(page.getByRole("link", { name: `${name} renamed`, exact: true })).toBeVisible();

  await actAs(page, "adam");
  await disableConnection(page, `${name} renamed`);
});
