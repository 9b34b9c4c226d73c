// What operators say of a line besides whose it is: tenure, age and SIM swap, asked, refused, judged and decided.
// Told both ways: forms are filled in and refused, and the answer comes by itself or with a reload.
import { readFileSync } from "node:fs";

import { expect, test, type Page } from "@playwright/test";

import { decide, decisionComment, findings, idOfPage, judgeAll, newReference, panel } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, sendOff } from "./helpers";
import { told } from "./told";

const NAME = "Federica Sanchez Arjona";
const BUTTON = "Launch at the operator";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

const field = (page: Page, name: RegExp) => page.getByRole("textbox", { name });
const refuse = (page: Page) => page.getByRole("button", { name: BUTTON, exact: true }).click();

/** Fills in what all three forms have. The sandbox's first page says what each of its numbers answers. */
async function begin(page: Page, path: string, reference: string, phone: string): Promise<void> {
  await page.goto(path);
  await field(page, /^Customer reference/).fill(reference);
  await field(page, /^Name/).fill(NAME);
  await field(page, /^Phone number/).fill(phone);
}

async function launchAndWait(page: Page): Promise<void> {
  await sendOff(page, BUTTON);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  await expectToAppear(page, panel(page).getByRole("radio", { name: /^Accept/ }));
}

test("a SIM card that was changed hours ago is a finding with what to do next, and accepting it takes two people",
    told("on PostgreSQL", "triggers, too, ask for two people where no policy says anything of a kind"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await begin(page, "/checks/new/sim-swap", newReference("swap"), "+99900000301");
  await field(page, /^Hours to look back/).fill("24");
  await launchAndWait(page);
  await expect(page.getByText("SIM changed within 24 hours").first()).toBeVisible();
  const finding = findings(page).first();
  await expect(finding).toContainText("The SIM card of this number was changed within 24 hours");
  await expect(finding).toContainText(/Why it matters.*accounts that are protected by text messages are taken over/s);
  await expect(finding).toContainText(/What to do next.*Reach the customer another way than by this number/s);
  await expectNoAxeViolations(page);

  await judgeAll(page, "Relevant");
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await expect(panel(page).getByText("Accepting this takes two people")).toBeVisible();
  await decide(page, "Accept", "Differences are explained and harmless", "She came to the branch with her new phone.");
  await expect(page.getByText("Proposed. A supervisor has to approve it.")).toBeVisible();
  const id = idOfPage(page);

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await decisionComment(page).fill("The branch confirms it.");
  await panel(page).getByRole("button", { name: "Approve: accept" }).click();
  await expect(page.getByText("Decided. It is recorded here.")).toBeVisible();
  await expect(panel(page).getByRole("heading", { name: "Accepted" })).toBeVisible();
  expectNoComplaints(complaints);
});

test("each form is refused beside its causes and keeps what was typed", async ({ page }) => {
  const complaints = collectComplaints(page);
  for (const [path, label, typed, why] of [
    ["/checks/new/tenure", /^With its subscriber since/, "2999-01-01", /This date is in the future/],
    ["/checks/new/age", /^Minimum age/, "121", /whole number from 0 to 120/],
    ["/checks/new/sim-swap", /^Hours to look back/, "2401", /whole number from 1 to 2,400/],
  ] as const) {
    const reference = newReference("line-refused");
    await begin(page, path, reference, "629 255 833");
    await field(page, label).fill(typed);
    await refuse(page);
    await expect(page.getByRole("alert").first(), path).toContainText("2 fields need a change.");
    await expect(field(page, /^Phone number/)).toHaveAccessibleDescription(/Begin with \+ and the country code/);
    await expect(field(page, label)).toHaveAccessibleDescription(why);
    await expect(field(page, label)).toHaveValue(typed);
    await expect(field(page, /^Phone number/)).toHaveValue("629 255 833");
    await expect(field(page, /^Customer reference/)).toHaveValue(reference);
    await expect(field(page, /^Name/)).toHaveValue(NAME);
    await expectNoAxeViolations(page);
  }
  expectNoComplaints(complaints, 422);
});

test("what the operator is told of somebody's age opens where it is wrong, and where it is filled in", async ({ page }) => {
  const complaints = collectComplaints(page);
  const born = field(page, /^Birth date/);
  const lock = page.getByRole("checkbox", { name: "Ask whether content is locked" });
  await begin(page, "/checks/new/age", newReference("age-told"), "+99900000201");
  await field(page, /^Minimum age/).fill("18");
  await lock.check();
  await expect(born).toBeHidden();
  await page.getByRole("heading", { name: "What the operator is told", exact: true }).click();
  await born.fill("2999-01-01");
  await refuse(page);
  await expect(page.getByRole("alert").first()).toContainText("Birth date: This date is in the future.");
  await expect(born).toHaveAccessibleDescription(/This date is in the future/);
  await expect(born).toHaveValue("2999-01-01");

  await born.fill("1978-08-22");
  await field(page, /^Phone number/).fill("629 255 833");
  await refuse(page);
  await expect(page.getByRole("alert").first()).toContainText("Phone number: Begin with +");
  await expect(born).toBeVisible();
  await expect(born).toHaveValue("1978-08-22");
  await expect(lock).toBeChecked();
  expectNoComplaints(complaints, 422);
});

test("a customer's page has a number once, with all that operators said of it", async ({ page }) => {
  const complaints = collectComplaints(page);
  const [reference, number] = [newReference("line"), "+99900000206"];
  await begin(page, "/checks/new/age", reference, number);
  await field(page, /^Minimum age/).fill("18");
  await launchAndWait(page);
  await begin(page, "/checks/new/tenure", reference, number);
  await field(page, /^With its subscriber since/).fill("2024-07-01");
  await launchAndWait(page);
  await expect(page.getByText("The number has been with its subscriber since the day that was asked.").first()).toBeVisible();

  await page.getByRole("link", { name: reference }).first().click();
  await expect(page.getByRole("heading", { level: 3, name: number })).toHaveCount(1);
  const said = page.getByRole("region", { name: `What operators said of ${number}`, exact: true });
  await expect(said.getByRole("row", { name: /^Age verification/ })).toContainText(/18 or older, not verified.*1 finding/s);
  await expect(said.getByRole("row", { name: /^Tenure/ })).toContainText(/held since 2024-07-01 or longer, on contract.*nothing/s);
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints, 422);
});

test("many SIM swap checks come from the template, and a bad line is told apart before anything is sent", async ({ page }) => {
  const complaints = collectComplaints(page);
  const mark = newReference("swaps");
  await page.goto("/checks/new/sim-swap");
  await page.getByRole("link", { name: "Launch them from a table" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download a template" }).click();
  const [columns, example = ""] = readFileSync(await (await download).path(), "utf8").trim().split("\r\n");
  const line = (n: number, number: string, way: string) =>
    example.replace("C-000123", `${mark}-${n}`).replace(NAME, `Swap Person ${n}`).replace("+34629255833", number).replace("within", way);
  const lines = [line(1, "+99900000301", "within"), line(2, "+99900000307", "date"), line(3, "+99900000304", "yesterday")];
  const table = [columns, ...lines].join("\n");
  await page.locator("#file").setInputFiles({ name: "swaps.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
  await page.getByRole("button", { name: "Look at the table" }).click();
  await expect(page.getByText("1 of 3 lines cannot be sent.", { exact: false })).toBeVisible();
  await expect(page.getByRole("row", { name: /Swap Person 3/ })).toContainText("Column 4, way: Choose from the list");
  await expect(page.getByLabel("Or paste the table")).toHaveValue(table);
  await expectNoAxeViolations(page);
  await page.getByRole("button", { name: "Leave 1 out and launch 2 SIM swap checks" }).click();
  await expect(page.getByText("2 checks were launched; they are sent one after the other.")).toBeVisible();
  for (const [n, words] of [[1, "SIM changed within 240 hours"], [2, "no SIM change in 120 days"]] as const) {
    await expect(async () => {
      await page.goto(`/checks?tab=all&kind=sim_swap&q=${mark}-${n}`);
      await expect(page.getByRole("row", { name: new RegExp(`Swap Person ${n}`) })).toContainText(words, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
  }
  expectNoComplaints(complaints, 422);
});
