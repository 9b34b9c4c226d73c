// The policy: one supervisor proposes, another confirms; seen in two browsers.
// Told both ways: the form shows what a policy would mean and keeps what was chosen, sent in place or loaded.
import { expect, test, type Page } from "@playwright/test";

import { addPerson, trySignIn, type Person } from "./admin";
import { newReference } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints } from "./helpers";
import { told } from "./told";

/** The fields of one kind in the form. */
function kind(page: Page, name: string) {
  return page.getByRole("group", { name, exact: true });
}

/** Fills the form so that accepting this kind takes two people always, or as its findings say, and sends it. */
async function propose(page: Page, when: "always" | "only as ticked below", why: string): Promise<void> {
  await kind(page, "ROFUS").getByRole("combobox", { name: "Accepting takes two people" }).selectOption({ label: when });
  await page.getByRole("textbox", { name: /^Why/ }).fill(why);
  await page.getByRole("button", { name: "Propose", exact: true }).click();
}

test("a policy is proposed by one supervisor and confirmed by another",
    told("on PostgreSQL", "triggers say who proposes and confirms a policy, one at a time"), async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const account = newReference("boris").toLowerCase();
  const boris: Person = { account, name: `Boris ${account}`, role: "Supervisor", password: "seven blue otters hum along" };
  await addPerson(page, boris);

  // Anna reads what holds, and cannot change it.
  await actAs(page, "anna");
  await page.goto("/policies");
  await expect(page.getByRole("heading", { name: /^In force: version/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Propose", exact: true })).toHaveCount(0);
  await expectNoAxeViolations(page);

  // Sofia looks at what it would mean; nothing that she chose is lost. Then she proposes.
  await actAs(page, "sofia");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Policies" }).click();
  await kind(page, "ROFUS").getByRole("combobox", { name: "Accepting takes two people" }).selectOption({ label: "always" });
  const factor = page.getByRole("checkbox", { name: "Every admin needs a second factor" });
  await factor.check();
  await page.getByRole("button", { name: "Show what it would have meant" }).click();
  await expect(page.getByRole("heading", { name: "What it would change" })).toBeVisible();
  await expect(page.getByRole("table", { name: "What is different" }).getByRole("row", { name: /^ROFUS: accepting/ })).toContainText("always");
  await expect(page.getByRole("table", { name: "What is different" }).getByRole("row", { name: /^A second factor/ })).toContainText("Admin");
  await expect(kind(page, "ROFUS").getByRole("combobox", { name: "Accepting takes two people" })).toHaveValue("always");
  await expect(factor).toBeChecked();
  await expectNoAxeViolations(page);
  // Other stories sign admins in with their password, so she leaves that out.
  await factor.uncheck();
  await propose(page, "always", "");
  await expect(page.getByText("Write why: it is recorded with the policy.").first()).toBeVisible();
  await propose(page, "always", "Exclusions are looked at by two.");
  await expect(page.getByText("The policy was proposed. Another supervisor has to confirm it.")).toBeVisible();

  // She does not confirm it herself.
  const confirm = page.getByRole("button", { name: /^Confirm version/ });
  await expect(confirm).toBeDisabled();
  await expect(confirm).toHaveAccessibleDescription("You proposed this; another supervisor has to confirm it.");
  await expectNoAxeViolations(page);

  // Boris does, in a browser of his own.
  const own = await browser.newContext();
  const his = await own.newPage();
  await trySignIn(his, boris.account, boris.password);
  await expect(his).not.toHaveURL(/\/login/);
  await his.goto("/policies");
  await expect(his.getByText("Exclusions are looked at by two.").first()).toBeVisible();
  await expect(his.getByRole("table", { name: "What is different" }).getByRole("row", { name: /^ROFUS: accepting/ })).toBeVisible();
  await his.getByRole("button", { name: /^Confirm version/ }).click();
  await expect(his.getByText("The policy was confirmed. It is in force from now on.")).toBeVisible();

  await page.reload();
  const inForce = page.getByRole("table", { name: "The policy in force" });
  await expect(inForce.getByRole("row", { name: /^ROFUS/ })).toContainText("always");
  await expectNoAxeViolations(page);

  // And back again, so that other stories meet the policy that they know: Sofia confirms what Boris proposes.
  await propose(his, "only as ticked below", "As before.");
  await expect(his.getByText("The policy was proposed. Another supervisor has to confirm it.")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: /^Confirm version/ }).click();
  await expect(page.getByText("The policy was confirmed. It is in force from now on.")).toBeVisible();
  await expect(inForce.getByRole("row", { name: /^ROFUS/ })).not.toContainText("always");
  await own.close();
  expectNoComplaints(complaints, 422);
});
