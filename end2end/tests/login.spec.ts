// Somebody opens the desk for the first time today.
// Told both ways: whoever signs in may have no scripts, and the page must say nothing else with them.
import { expect, test } from "@playwright/test";

import { collectComplaints, expectNoAxeViolations, signIn } from "./helpers";

test("the login page asks for account and password, and has no fault", async ({ page }) => {
  const complaints = collectComplaints(page);

  await page.goto("/login");

  await expect(page.getByLabel("Account")).toBeVisible();
  await expect(page.getByLabel("Password")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expectNoAxeViolations(page);
  expect(complaints).toEqual([]);
});

test("an analyst signs in and sees the desk", async ({ page }) => {
  const complaints = collectComplaints(page);

  await signIn(page, "anna");

  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectNoAxeViolations(page);
  expect(complaints).toEqual([]);
});
