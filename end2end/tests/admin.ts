// What stories do as an admin, and how somebody signs in whom an admin has added.
import { expect, type Locator, type Page } from "@playwright/test";

import { actAs, SANDBOX_URL, withScripts } from "./helpers";

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

/** Fills the form on the open page of people, and sends it. Nobody types another's password there. */
export async function sendPerson(page: Page, person: Person): Promise<void> {
  await page.getByRole("textbox", { name: /^Account/ }).fill(person.account);
  await page.getByRole("textbox", { name: /^Name/ }).fill(person.name);
  await page.getByRole("combobox", { name: /^Role( required)?$/ }).selectOption({ label: person.role });
  await page.getByRole("button", { name: "Invite person" }).click();
}

/** The code of the one-time link on the open page: what stands behind # in its address. */
export async function codeOfLink(page: Page): Promise<string> {
  const link = await page.getByRole("main").getByRole("code").filter({ hasText: "/join#" }).innerText();
  return link.split("#")[1];
}

/** Opens a one-time link as whoever got it, and sets a password with it. */
export async function setPassword(page: Page, code: string, password: string): Promise<void> {
  await page.goto("/login");
  await page.goto(`/join#${code}`);
  const field = page.getByRole("textbox", { name: /^Code/ });
  if (withScripts()) await expect(field).toHaveValue(code);
  else await field.fill(code);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

/** Sofia confirms the role of somebody, on the page of roles. */
export async function confirmRole(page: Page, person: Person): Promise<void> {
  await actAs(page, "sofia");
  await page.goto("/roles");
  await page.getByRole("button", { name: `Confirm the role of ${person.name}` }).click();
  await expect(page.getByText("The role is confirmed.")).toBeVisible();
}

/** Adam invites somebody, who sets a password; Sofia confirms the role. Adam's page of people is open afterwards. */
export async function addPerson(page: Page, person: Person): Promise<void> {
  await actAs(page, "adam");
  await page.goto("/admin/people");
  await sendPerson(page, person);
  await expect(page.getByRole("heading", { level: 1, name: "Invitation" })).toBeVisible();
  const code = await codeOfLink(page);
  await page.context().clearCookies();
  await setPassword(page, code, person.password);
  await expect(page.getByText("Your password is set. Sign in with it.")).toBeVisible();
  await confirmRole(page, person);
  await actAs(page, "adam");
  await page.goto("/admin/people");
}

/** Sends the login form with any account and password. */
export async function trySignIn(page: Page, account: string, password: string): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Account").fill(account);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
