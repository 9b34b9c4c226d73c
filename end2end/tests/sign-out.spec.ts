// S-38: somebody signs out at a shared computer, and somebody else presses Back.
// Told both ways: what Back shows, and what a browser keeps, is another thing where scripts ran.
import { expect, test } from "@playwright/test";

import { signIn, withScripts } from "./helpers";

test("after signing out, Back shows nothing of what was open, and the browser holds nothing", async ({ page }) => {
  await signIn(page, "anna");
  await page.goto("/checks?tab=all");
  const links = page.getByRole("table").getByRole("link");
  const name = (await links.first().innerText()).trim();
  expect(name).not.toBe("");
  await links.first().click();
  await expect(page.locator("body")).toContainText(name);

  if (withScripts()) {
    const held = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(held).not.toContain(name);
    expect(await page.evaluate(() => navigator.serviceWorker?.getRegistrations().then((all) => all.length))).toBe(0);
  }

  await page.locator("header.top details.menu > summary").click();
  const ended = page.waitForResponse((response) => response.url().endsWith("/api/session/end"));
  await page.getByRole("button", { name: "Sign out" }).click();
  expect((await (await ended).allHeaders())["clear-site-data"]).toBe('"cache", "storage"');
  await expect(page.getByLabel("Account")).toBeVisible();

  // Twice: the page of the check, and the list before it.
  for (let back = 0; back < 2; back++) {
    await page.goBack();
    await expect(page.getByLabel("Account")).toBeVisible();
    await expect(page.locator("body")).not.toContainText(name);
  }

  if (withScripts()) {
    const held = await page.evaluate(() => [localStorage.length, sessionStorage.length]);
    expect(held).toEqual([0, 0]);
  }
});
