// Somebody new comes to the desk: invited by an admin, confirmed by a supervisor, and never with a password that others know.
// Told both ways: forms are filled in by whoever is new, and a script takes the code out of the link.
import { expect, test } from "@playwright/test";

import { codeOfLink, confirmRole, rowOf, sendPerson, setPassword, trySignIn, type Person } from "./admin";
import { newReference } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints } from "./helpers";
import { told } from "./told";

/** Somebody new, whom no other story knows. */
function newcomer(role: Person["role"], name?: string): Person {
  const account = newReference("guest").toLowerCase();
  return { account, name: name ?? `Ida ${account}`, role, password: `four lanterns for ${account.slice(-4)} harbour` };
}

test("an invitation leads to a first sign-in, and the role counts once a supervisor confirms it",
    told("on PostgreSQL", "triggers say who may confirm a role, and take no decision without it"), async ({ page, browser }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  const ida = newcomer("Analyst");
  await actAs(page, "adam");
  await page.goto("/admin/people");
  await sendPerson(page, ida);
  await expect(page.getByRole("heading", { level: 1, name: "Invitation" })).toBeVisible();
  await expectNoAxeViolations(page);
  const code = await codeOfLink(page);
  expect(page.url(), "the secret stands in no address of the desk").not.toContain(code);
  await page.goto("/admin/people");
  expect(await page.content(), "and is shown once").not.toContain(code);
  await expect(rowOf(page, "People", ida.account)).toContainText("invited");

  const elsewhere = await browser.newContext();
  try {
    const hers = await elsewhere.newPage();
    const sent: string[] = [];
    hers.on("request", (request) => sent.push(request.url()));
    await setPassword(hers, code, "too short");
    await expect(hers.getByLabel(/^Password/)).toHaveAccessibleDescription(/Use at least 15 characters/);
    await setPassword(hers, code, ida.password);
    await expect(hers.getByText("Your password is set. Sign in with it.")).toBeVisible();
    expect(sent.filter((url) => url.split("#")[0].includes(code)), "no address that was sent has the secret").toEqual([]);
    await setPassword(hers, code, "another phrase of many words");
    await expect(hers.getByRole("alert"), "a link works once").toContainText("This code is wrong, used, or older than a day.");

    await trySignIn(hers, ida.account, ida.password);
    await expect(hers.getByRole("heading", { level: 1, name: "Your role is not confirmed yet" })).toBeVisible();
    await expect(hers.getByRole("navigation", { name: "Main" }).getByRole("link")).toHaveCount(0);
    await expectNoAxeViolations(hers);
    expect((await hers.goto("/checks"))?.status()).toBe(403);

    // Whoever gave the role does not confirm it.
    await page.goto("/roles");
    await expect(rowOf(page, "Roles to confirm", ida.account)).toContainText("You gave this role; another admin or a supervisor confirms it.");
    await actAs(page, "sofia");
    await page.goto("/");
    // What other stories changed comes first, where it fills the table.
    while (await page.getByText("Newer ones that are shown once you have seen these").isVisible()) {
      await page.getByRole("button", { name: "I have seen these" }).click();
      await expect(page.getByText("Noted that you have seen what was changed.")).toBeVisible();
      await page.goto("/");
    }
    await expect(rowOf(page, "Since you last looked", `(${ida.account})`).first()).toBeVisible();
    await expect(rowOf(page, "Roles to confirm", ida.account)).toContainText("waits for confirmation");
    await confirmRole(page, ida);
    await expectNoAxeViolations(page);
    await hers.goto("/");
    await expect(hers.getByRole("heading", { level: 1, name: "What needs you now, Ida" })).toBeVisible();

    await page.goto("/");
    await page.getByRole("button", { name: "I have seen these" }).click();
    await expect(page.getByText("Noted that you have seen what was changed.")).toBeVisible();
    await expect(rowOf(page, "Since you last looked", `(${ida.account})`)).toHaveCount(0);
  } finally {
    await elsewhere.close();
    await actAs(page, "adam");
    await page.goto("/admin/people");
    await rowOf(page, "People", ida.account).getByRole("button", { name: "Disable" }).click();
    await expect(page.getByText("The person was changed; their sessions ended.")).toBeVisible();
  }
  expectNoComplaints(complaints);
});

test("somebody sees their sessions with device and address, and ends one of them", async ({ page, browser }) => {
  const complaints = collectComplaints(page);
  const ida = newcomer("Analyst");
  await actAs(page, "adam");
  await page.goto("/admin/people");
  await sendPerson(page, ida);
  const code = await codeOfLink(page);
  await page.context().clearCookies();
  await setPassword(page, code, ida.password);
  await expect(page.getByText("Your password is set. Sign in with it.")).toBeVisible();
  await confirmRole(page, ida);
  await page.context().clearCookies();
  await trySignIn(page, ida.account, ida.password);
  await expect(page.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();
  const elsewhere = await browser.newContext();
  try {
    const other = await elsewhere.newPage();
    await trySignIn(other, ida.account, ida.password);
    await expect(other.getByRole("heading", { level: 1, name: /^What needs you now/ })).toBeVisible();
    await page.goto("/account");
    const ends = page.getByRole("button", { name: /^End the session of/ });
    await expect(ends).toHaveCount(1);
    await expect(rowOf(page, "Sessions", "This session")).toHaveCount(1);
    await expect(rowOf(page, "Sessions", "127.0.0.1").first()).toContainText(/ on | program/);
    await expectNoAxeViolations(page);
    await ends.click();
    await expect(page.getByText("The session is over.")).toBeVisible();
    await other.goto("/checks");
    await expect(other, "it ended at once").toHaveURL(/\/login\?to=/);
  } finally {
    await elsewhere.close();
  }
  await actAs(page, "adam");
  await page.goto("/admin/people");
  await rowOf(page, "People", ida.account).getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("The person was changed; their sessions ended.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("an admin's first page names what needs them, and a name that two have is pointed out", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "adam");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1, name: "What needs you now, Adam" })).toBeVisible();
  await page.getByRole("link", { name: "All entries" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "What admins did" })).toBeVisible();
  await expectNoAxeViolations(page);

  const twin = newcomer("Analyst", "ANNA  BERG");
  await page.goto("/admin/people");
  await sendPerson(page, twin);
  await expect(page.getByRole("heading", { level: 1, name: "Invitation" })).toBeVisible();
  await page.goto("/admin/people");
  // Anna's row names the twin's account, too.
  const cell = page.getByRole("cell", { name: twin.account, exact: true });
  const hers = page.getByRole("table", { name: "People" }).getByRole("row").filter({ has: cell });
  await expect(hers).toContainText(/same name as .*anna/);
  await hers.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("The person was changed; their sessions ended.")).toBeVisible();

  // Nothing is changed by saving what is there.
  const anna = page.getByRole("table", { name: "People" }).getByRole("row").filter({ has: page.getByLabel("Role of Anna Berg") });
  await anna.first().getByRole("button", { name: "Save role" }).click();
  await expect(page.getByText("Nothing was changed; no session ended.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("the code of a link is typed where no script takes it out",
    told("without scripts", "a script takes the code out of the link, as the first of these stories tells"), async ({ page }) => {
  await page.goto("/join#abc");
  await expect(page.getByRole("textbox", { name: /^Code/ })).toHaveValue("");
  await page.getByRole("textbox", { name: /^Code/ }).fill("abc");
  await page.getByLabel(/^Password/).fill("four lanterns for a quiet harbour");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByRole("alert")).toContainText("This code is wrong, used, or older than a day.");
});
