// Nora sets up a second factor, signs in with codes of another program, loses her telephone, and an admin resets it.
// Told both ways: codes are typed into pages that must work for whoever has no scripts.
import { expect, test, type Page } from "@playwright/test";

import { addPerson, rowOf, trySignIn, type Person } from "./admin";
import { newReference } from "./checks";
import { codeOf, enrol, giveCode } from "./codes";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints } from "./helpers";
import { told } from "./told";

const START = /^What needs you now/;
const REFUSED = "This code is wrong or was used already. Wait for the next one on your telephone, or use a recovery code.";

async function signsIn(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: START })).toBeVisible();
}

test("a code lets in once, a recovery code too, and an admin resets what was lost",
    told("on PostgreSQL", "a code is compared and used up in one statement of the database"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const account = newReference("factor").toLowerCase();
  const nora: Person = {
    account,
    name: `Nora ${account}`,
    role: "Analyst",
    password: `seven lamps for ${account.slice(-4)} harbour`,
  };
  await addPerson(page, nora);

  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await signsIn(page);
  await page.goto("/account");
  await page.getByRole("link", { name: "Set up a second factor" }).click();
  await expectNoAxeViolations(page);
  const { key, recovery } = await enrol(page);
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "I have kept them" }).click();
  await signsIn(page);

  // The password alone opens nothing any more; each code opens the desk once.
  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await expectNoAxeViolations(page);
  const next = codeOf(key, 1);
  await giveCode(page, next);
  await signsIn(page);
  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await giveCode(page, next);
  await expect(page.getByRole("alert")).toContainText(REFUSED);
  await giveCode(page, recovery[0]);
  await signsIn(page);
  await page.goto("/account");
  await expect(page.getByText("9 recovery codes are left.")).toBeVisible();
  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await giveCode(page, recovery[0]);
  await expect(page.getByRole("alert")).toContainText(REFUSED);

  // The telephone is lost.
  await actAs(page, "adam");
  await page.goto("/admin/people");
  await rowOf(page, "People", nora.account).getByRole("button", { name: `Reset the second factor of ${nora.name}` }).click();
  await expect(page.getByText("The second factor was reset; the person's sessions ended.")).toBeVisible();
  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await signsIn(page);
  expectNoComplaints(complaints, 422);
});
