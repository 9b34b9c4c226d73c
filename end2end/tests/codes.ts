// Codes by time, made by a program that is not ours, and the pages on which they are typed.
import { execFileSync } from "node:child_process";

import { expect, type Page } from "@playwright/test";

/** The code of a key as another program makes it: of now, or of so many steps of 30 seconds from now. */
export function codeOf(key: string, steps = 0): string {
  const at = Math.floor(Date.now() / 1_000) + 30 * steps;
  return execFileSync("oathtool", ["--totp", "-b", key, "-N", `@${at}`], { encoding: "utf8" }).trim();
}

/**
 * Sets up a second factor on the page for it, with the code of now; gives the key and the recovery codes. A code is taken once, and
 * none of an earlier step after it: the next one that works is the one of the step to come, `codeOf(key, 1)`, which the desk takes
 * already, so that no story waits for it.
 */
export async function enrol(page: Page): Promise<{ key: string; recovery: string[] }> {
  await expect(page.getByRole("heading", { level: 1, name: "Set up a second factor" })).toBeVisible();
  await page.getByRole("button", { name: "Show the key" }).click();
  await expect(page.getByRole("img", { name: "QR code of the key" })).toBeVisible();
  const address = await page.getByText(/^otpauth:\/\/totp\//).innerText();
  const key = new URL(address).searchParams.get("secret") ?? "";
  expect(key).toMatch(/^[A-Z2-7]{32}$/);
  await page.getByLabel(/^Code/).fill(codeOf(key));
  await page.getByRole("button", { name: "Turn it on" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "The second factor is on" })).toBeVisible();
  const recovery = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
  expect(recovery).toHaveLength(10);
  return { key, recovery: recovery.map((code) => code.trim()) };
}

/** Gives a code on the page that asks for it after the password. */
export async function giveCode(page: Page, code: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: "Your code" })).toBeVisible();
  await page.getByLabel(/^Code/).fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
}
