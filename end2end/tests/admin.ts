// What stories do as an admin, and how somebody signs in whom an admin has added.
import { expect, type Locator, type Page } from "@playwright/test";

import { actAs, SANDBOX_URL } from "./helpers";

/** The one key that the sandbox takes. */
export const GOOD_KEY = "sandbox";

/** What the desk says about a key that the provider does not take. */
export const KEY_REFUSED = "KryptoGO refused our API token. An admin has to replace the connection's credential.";

/** The row of a table that has this text. */
export function rowOf(page: Page, table: string, text: string | RegExp): Locator {
  return page.getByRole("table", { name: table, exact: true }).getByRole("row").filter({ hasText: text });
}

/** Adds a connection to the sandbox as Adam; it comes last in the launch form. */
export async function addConnection(page: Page, name: string, key = GOOD_KEY): Promise<void> {
  await actAs(page, "adam");
  await page.goto("/admin/connections");
  await openFold(page, "Add a connection");
  await page.getByRole("textbox", { name: /^Name/ }).fill(name);
  await page.getByRole("textbox", { name: /^Base address/ }).fill(`${SANDBOX_URL}/kryptogo`);
  await page.getByRole("textbox", { name: /^Search settings/ }).fill("1 = Precise, five years\n2 = Fuzzy, all years");
  await page.getByLabel("API token").fill(key);
  await page.getByRole("checkbox", { name: /^Allow private addresses/ }).check();
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(page.getByText("The connection was saved.")).toBeVisible();
}

/** Opens the page of a connection as Adam. */
export async function openConnection(page: Page, name: string): Promise<void> {
  await actAs(page, "adam");
  await page.goto("/admin/connections");
  await rowOf(page, "Connections", name).getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** Replaces the key of a connection. */
export async function replaceKey(page: Page, name: string, key: string): Promise<void> {
  await openConnection(page, name);
  await page.getByLabel("API token").fill(key);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The connection was saved.")).toBeVisible();
}

/** Takes a connection out of the launch form, so that no other story meets it. */
export async function disableConnection(page: Page, name: string): Promise<void> {
  await openConnection(page, name);
  await page.getByRole("checkbox", { name: /^Active/ }).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(rowOf(page, "Connections", name)).toContainText("disabled");
}

/** Opens what is folded under a summary, unless it is open. */
export async function openFold(page: Page, summary: string): Promise<void> {
  const fold = page.getByRole("group").filter({ has: page.getByRole("heading", { name: summary, exact: true }) });
  if ((await fold.getAttribute("open")) === null) await fold.getByRole("heading", { name: summary, exact: true }).click();
}

/** Somebody whom a story adds to the desk. */
export interface Person {
  account: string;
  name: string;
  role: "Analyst" | "Supervisor" | "Admin";
  password: string;
}

/** Fills the form on the open page of people, and sends it. */
export async function sendPerson(page: Page, person: Person): Promise<void> {
  await page.getByRole("textbox", { name: /^Account/ }).fill(person.account);
  await page.getByRole("textbox", { name: /^Name/ }).fill(person.name);
  await page.getByRole("combobox", { name: /^Role( required)?$/ }).selectOption({ label: person.role });
  await page.getByLabel(/^Password/).fill(person.password);
  await page.getByRole("button", { name: "Add person" }).click();
}

/** Sends the login form with any account and password. */
export async function trySignIn(page: Page, account: string, password: string): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Account").fill(account);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
