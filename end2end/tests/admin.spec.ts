// Adam keeps people, connections and deliveries; what he may, nobody else may, and no secret comes back.
// Told both ways: forms of people and connections are filled in and refused by the desk, and by scripts before it.
import { expect, test, type Page } from "@playwright/test";

import {
  addConnection,
  addPerson,
  confirmRole,
  disableConnection,
  GOOD_KEY,
  KEY_REFUSED,
  openConnection,
  openFold,
  replaceKey,
  rowOf,
  sendPerson,
  trySignIn,
  type Person,
} from "./admin";
import { launch, NAMESAKE, newReference, untilOutcome } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, SANDBOX_URL } from "./helpers";

const WRONG = "Account or password is wrong. If you forgot the password, ask an admin.";

/** Somebody new, whom no other story knows. */
function newcomer(role: Person["role"]): Person {
  const account = newReference("story").toLowerCase();
  return { account, name: `Nora ${account}`, role, password: `seven lamps for ${account.slice(-4)} harbour` };
}

/** Adam presses a button in somebody's row. */
async function change(page: Page, person: Person, button: "Save role" | "Disable" | "Enable", role?: Person["role"]): Promise<void> {
  await actAs(page, "adam");
  await page.goto("/admin/people");
  const row = rowOf(page, "People", person.account);
  if (role) await row.getByLabel(`Role of ${person.name}`).selectOption({ label: role });
  await row.getByRole("button", { name: button }).click();
  await expect(page.getByText("The person was changed; their sessions ended.")).toBeVisible();
}

/** The last address of a page that was asked for without a session. */
const DOOR = /\/login\?to=/;

test("somebody new signs in, changes the password, and only the new one opens the desk", async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const nora = newcomer("Analyst");
  await addPerson(page, nora);
  const row = rowOf(page, "People", nora.account);
  await expect(row).toContainText("active");
  await expect(row.getByLabel(`Role of ${nora.name}`)).toHaveValue("analyst");
  await expectNoAxeViolations(page);
  expect(await page.content(), "the password is not handed back").not.toContain(nora.password);

  await page.context().clearCookies();
  await trySignIn(page, nora.account, nora.password);
  await expect(page.getByRole("heading", { level: 1, name: /^What needs you now, Nora/ })).toBeVisible();
  const elsewhere = await browser.newContext();
  try {
    const second = await elsewhere.newPage();
    await trySignIn(second, nora.account, nora.password);
    await expect(second.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();

    // Refused beside the field that is wrong, one after the other.
    await page.goto("/account");
    const [old, fresh] = [page.getByLabel(/^Current password/), page.getByLabel(/^New password/)];
    const send = page.getByRole("button", { name: "Change password and sign out everywhere" });
    await old.fill("not my password at all");
    await fresh.fill("nine green bottles hanging");
    await send.click();
    await expect(old).toHaveAccessibleDescription("This is not your current password.");
    await expect(page.getByRole("alert")).toContainText("One field needs a change.");
    await old.fill(nora.password);
    await fresh.fill("too short");
    await send.click();
    await expect(fresh).toHaveAccessibleDescription(/Use at least 15 characters; a few unrelated words are fine\./);
    await expect(old).toHaveValue("");
    await expectNoAxeViolations(page);

    await old.fill(nora.password);
    await fresh.fill("nine green bottles hanging");
    await send.click();
    await expect(page).toHaveURL(/\/login/);
    await expect(page.getByText("Your password was changed. Sign in again.")).toBeVisible();
    await second.goto("/checks");
    await expect(second, "the other session ended too").toHaveURL(DOOR);
  } finally {
    await elsewhere.close();
  }

  await trySignIn(page, nora.account, nora.password);
  await expect(page.getByRole("alert")).toHaveText(WRONG);
  await expect(page.getByLabel("Account")).toHaveValue(nora.account);
  await expect(page.getByLabel("Password")).toHaveValue("");
  await trySignIn(page, nora.account, "nine green bottles hanging");
  await expect(page.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();
  await change(page, nora, "Disable");
  expectNoComplaints(complaints, 422);
});

test("another role or a disabled account counts from the next request, and ends all sessions", async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const nora = newcomer("Analyst");
  await addPerson(page, nora);
  const elsewhere = await browser.newContext();
  try {
    const hers = await elsewhere.newPage();
    await trySignIn(hers, nora.account, nora.password);
    expect((await hers.goto("/decisions"))?.status()).toBe(403);

    await change(page, nora, "Save role", "Supervisor");
    await hers.goto("/decisions");
    await expect(hers, "her session ended with the change").toHaveURL(DOOR);
    await hers.getByLabel("Account").fill(nora.account);
    await hers.getByLabel("Password").fill(nora.password);
    await hers.getByRole("button", { name: "Sign in" }).click();
    await expect(hers.getByRole("heading", { level: 1, name: "Your role is not confirmed yet" }), "whoever gave it does not confirm it").toBeVisible();
    await hers.goto("/");
    await expect(hers.getByText("Sofia Lindqvist (sofia)"), "and she is told who can").toBeVisible();
    await confirmRole(page, nora);
    await hers.goto("/decisions");
    await expect(hers.getByRole("heading", { level: 1, name: "Decisions" }), "now she gets where she wanted").toBeVisible();

    await change(page, nora, "Disable");
    await expect(rowOf(page, "People", nora.account)).toContainText("disabled");
    await hers.reload();
    await expect(hers).toHaveURL(DOOR);
    await trySignIn(hers, nora.account, nora.password);
    await expect(hers.getByRole("alert"), "nobody learns that the account is disabled").toHaveText(WRONG);

    await change(page, nora, "Enable");
    await trySignIn(hers, nora.account, nora.password);
    await expect(hers.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();
    await hers.goto("/decisions");
    await expect(hers.getByRole("heading", { level: 1, name: "Decisions" }), "she kept her role").toBeVisible();
  } finally {
    await elsewhere.close();
    await change(page, nora, "Disable");
  }
  expectNoComplaints(complaints);
});

test("a person who cannot be invited is refused beside the fields, and all is kept", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "adam");
  await page.goto("/admin/people");
  const typed: Person = { account: "no spaces please", name: "Nora Ó Briain 王", role: "Supervisor", password: "much-too-short" };
  await sendPerson(page, typed);
  await expect(page.getByRole("alert")).toContainText("One field needs a change.");
  const account = page.getByRole("textbox", { name: /^Account/ });
  await expect(account).toHaveValue(typed.account);
  await expect(account).toHaveAccessibleDescription(/Use 2 to 40 of the characters a–z, 0–9, dot, hyphen, underscore and @\.$/);
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue(typed.name);
  await expect(page.getByRole("combobox", { name: /^Role( required)?$/ })).toHaveValue("supervisor");
  await expect(page.getByLabel(/^Password/), "an admin sets nobody's password").toHaveCount(0);
  expect(page.url()).not.toContain("Nora");
  await expectNoAxeViolations(page);

  // A name that is taken.
  await sendPerson(page, { ...typed, account: "anna" });
  await expect(account).toHaveAccessibleDescription(/This account name is taken\.$/);
  await expect(page.getByRole("table", { name: "People" })).not.toContainText(typed.name);
  expectNoComplaints(complaints, 422);
});

test("nobody changes their own role or state", async ({ page }) => {
  await actAs(page, "adam");
  await page.goto("/admin/people");
  const own = rowOf(page, "People", "Adam Novák");
  await expect(own).toContainText("This is you; another admin changes your role.");
  await expect(own.getByRole("button")).toHaveCount(0);
});

test("pages that are not for a role say so, and whom to ask", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  for (const [path, needs] of [
    ["/admin/people", "Add, disable and re-role people takes a person who is admin."],
    ["/admin/connections", "Add and test connections, replace credentials takes a person who is admin."],
    ["/admin/deliveries", "See and retry deliveries and callbacks takes a person who is admin."],
    ["/admin/callbacks", "See and retry deliveries and callbacks takes a person who is admin."],
  ] as const) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(page.getByRole("heading", { level: 1, name: "This is not for your role" })).toBeVisible();
    await expect(page.getByText(needs)).toBeVisible();
  }
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link")).toHaveText(["Checks", "Customers"]);
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "What needs you now, Anna" })).toBeVisible();

  // And the other way round: an admin keeps the desk and sees no check.
  await actAs(page, "adam");
  expect((await page.goto("/checks"))?.status()).toBe(403);
  await expect(page.getByText("See checks, customers and evidence takes a person who is analyst or supervisor.")).toBeVisible();
  expectNoComplaints(complaints, 403);
});

test("a connection that cannot be added is refused beside its fields; all is kept but the key", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "adam");
  await page.goto("/admin/connections");
  await openFold(page, "Add a connection");
  const field = (name: RegExp) => page.getByRole("textbox", { name });
  const [name, base, settings, key] = [field(/^Name/), field(/^Base address/), field(/^Search settings/), page.getByLabel("API token")];
  const wanted = `ZZ typed ${newReference("typed")}`;
  await name.fill(wanted);
  await base.fill("external-api.kryptogo.com");
  await settings.fill("Precise");
  await key.fill("a key with spaces in it");
  await page.getByRole("button", { name: "Add connection" }).click();

  await expect(page.getByRole("alert")).toContainText("3 fields need a change.");
  await expect(name).toHaveValue(wanted);
  await expect(base).toHaveValue("external-api.kryptogo.com");
  await expect(base).toHaveAccessibleDescription(/Give a full address, for example https:\/\/external-api\.kryptogo\.com\.$/);
  await expect(settings).toHaveValue("Precise");
  await expect(settings).toHaveAccessibleDescription(/Write one search setting a line: its number, an equals sign, and its name/);
  await expect(key).toHaveValue("");
  await expect(key).toHaveAccessibleDescription(/An API token is made of visible ASCII characters without spaces\.$/);
  expect(await page.content()).not.toContain("a key with spaces in it");
  await expectNoAxeViolations(page);

  // An address inside our own network is taken only when it is allowed.
  await base.fill("http://127.0.0.1:9");
  await settings.fill("1 = Precise");
  await key.fill("a-good-looking-key-of-this-story");
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(page.getByRole("alert")).toContainText("One field needs a change.");
  await expect(base).toHaveAccessibleDescription(/address must begin with https:\/\//);
  expect(await page.content()).not.toContain("a-good-looking-key-of-this-story");

  await base.fill("https://10.1.2.3");
  await name.fill("KryptoGO sandbox");
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(base).toHaveAccessibleDescription(/this is a private address/i);
  await expect.soft(base, "nothing was to be sent here").not.toHaveAccessibleDescription(/not sent/, { timeout: 1_000 });
  await base.fill("https://external-api.kryptogo.com");
  await key.fill("a-good-looking-key-of-this-story");
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(name).toHaveAccessibleDescription(/There is a connection of this name already\.$/);
  await page.goto("/admin/connections");
  await expect(page.getByRole("table", { name: "Connections" })).not.toContainText(wanted);
  expectNoComplaints(complaints, 422);
});

test("a connection is added, tested and given another key; no key ever comes back", async ({ page }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  const name = `ZZ keys ${newReference("keys")}`;
  const bad = `bad-key-${Date.now().toString(36)}-w7q2`;
  await addConnection(page, name);
  try {
    await rowOf(page, "Connections", name).getByRole("button", { name: "Test" }).click();
    await expect(page.getByText("The provider answered and accepted the API token.")).toBeVisible();
    await expectNoAxeViolations(page);

    await replaceKey(page, name, bad);
    const row = rowOf(page, "Connections", name);
    await expect(row).toContainText("sealed, ends in w7q2");
    await expect(row).toContainText("by Adam Novák");
    await row.getByRole("button", { name: "Test" }).click();
    await expect(page.getByRole("alert")).toHaveText(KEY_REFUSED);
    await expect(page.getByLabel("API token")).toHaveValue("");
    await expectNoAxeViolations(page);

    // Saved without a key, the stored one stays.
    await page.getByRole("textbox", { name: /^Search settings/ }).fill("2 = Fuzzy, all years");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(row).toContainText("sealed, ends in w7q2");
    await openConnection(page, name);
    await expect(page.getByRole("textbox", { name: /^Search settings/ })).toHaveValue("2 = Fuzzy, all years");
    await expect(page.getByRole("textbox", { name: /^Base address/ })).toHaveValue(`${SANDBOX_URL}/kryptogo`);
    const own = new URL(page.url()).pathname;

    for (const path of ["/admin/connections", own, "/admin/people", "/admin/deliveries", "/admin/callbacks"]) {
      await page.goto(path);
      expect(await page.content(), `${path} has no key`).not.toContain(bad);
    }
    await actAs(page, "sofia");
    await page.goto(`/journal?about=${own.split("/").pop()}`);
    await expect(rowOf(page, "Journal", "Credential replaced")).toHaveCount(2);
    await expect(rowOf(page, "Journal", "Connection tested")).toHaveCount(2);
    const written = await page.content();
    expect(written).not.toContain(bad);

    await replaceKey(page, name, GOOD_KEY);
    await expect(row, "four characters of a short key would be too much of it").not.toContainText("ends in");
    await row.getByRole("button", { name: "Test" }).click();
    await expect(page.getByText("The provider answered and accepted the API token.")).toBeVisible();
  } finally {
    await disableConnection(page, name);
  }
  await actAs(page, "anna");
  await page.goto("/checks/new");
  await expect(page.getByRole("combobox", { name: /^Connection/ }).getByRole("option", { name })).toHaveCount(0);
  expectNoComplaints(complaints, 422);
});

test("deliveries and callbacks of a check are listed, and say what came of them", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const id = await launch(page, NAMESAKE, newReference("listed"));
  await untilOutcome(page);

  await actAs(page, "adam");
  await page.getByRole("link", { name: "Deliveries" }).click();
  const delivery = rowOf(page, "Deliveries", id);
  await expect(delivery).toContainText("Create the check at the provider");
  await expect(delivery).toContainText("done");
  await expect(delivery).toContainText("KryptoGO sandbox");
  await expect(delivery.getByRole("button")).toHaveCount(0);
  await page.getByLabel("State").selectOption({ label: "given up" });
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByLabel("State").getByRole("option", { selected: true })).toHaveText("given up");
  await expect(delivery).toHaveCount(0);

  await page.getByRole("link", { name: "Callbacks" }).click();
  const callbacks = rowOf(page, "Callbacks", "KryptoGO sandbox");
  await expect(callbacks.first()).toContainText(/done|due/);
  await expect(callbacks.first()).toContainText(/\d+ B/);
  expectNoComplaints(complaints);
});
