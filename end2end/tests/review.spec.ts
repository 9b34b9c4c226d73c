// Anna takes the next check, judges what was found, decides, and the provider is told.
// Told both ways: judging and deciding work in place with scripts, and page by page without them.
import { expect, test, type Page } from "@playwright/test";

import {
  decide,
  decisionComment,
  expectProviderToKnow,
  findings,
  idOfPage,
  judgeAll,
  launch,
  NAMESAKE,
  newReference,
  panel,
  send,
  taskOf,
  TWO_SANCTIONS,
  untilOutcome,
} from "./checks";
import {
  actAs,
  collectComplaints,
  expectNoAxeViolations,
  expectNoComplaints,
  expectToAppear,
} from "./helpers";
import { told } from "./told";

/** Assigns all checks that are listed under this address. */
async function assignAll(page: Page, address: string, assignee: "me" | "nobody"): Promise<void> {
  await page.goto(address);
  const boxes = page.getByRole("table").getByRole("checkbox", { name: /^Select .*, / });
  if ((await boxes.count()) === 0) return;
  for (const box of await boxes.all()) await box.check();
  await page.getByLabel("Assign selected to").selectOption({ label: assignee });
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await expect(page.getByText(/assigned\./)).toBeVisible();
}

test("Anna takes the next check, judges it, accepts it, and the provider is told once",
    told("on PostgreSQL", "the check is taken and decided under locks, and a form sent twice is one decision"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("review");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);

  // What is assigned to her comes first; so that is this check alone.
  await assignAll(page, "/checks?tab=mine", "nobody");
  await assignAll(page, `/checks?tab=to_review&q=${reference}`, "me");
  await page.goto("/checks");
  await page.getByRole("button", { name: /^Take next/ }).click();
  await expect(page).toHaveURL(new RegExp(`/checks/${id}$`));
  await expect(page.getByRole("heading", { level: 1, name: NAMESAKE.name })).toBeVisible();
  await expect(page.getByRole("button", { name: "Give back" })).toBeVisible();
  await expect(page.getByText("58 medium").first()).toBeVisible();

  // Same name and country, another birth date.
  const finding = findings(page).first();
  const compared = (what: string) => finding.locator("dl").first().locator("div").filter({ hasText: what });
  await expect(compared("Name")).toContainText(/match\s+Søren Ødegård/);
  await expect(compared("Born")).toContainText(/differs\s+1952-06-11/);
  await expect(compared("Country")).toContainText(/match\s+NOR/);
  await expect(finding.getByRole("link", { name: /\.example$/ })).toHaveAttribute("rel", /noopener/);
  await expectNoAxeViolations(page);

  const comment = "The listed person was born in 1952; ours in 1979.\nNothing else was found.";
  await decisionComment(page).fill(comment);
  await judgeAll(page, "False positive");
  // A judgement leaves the reader where they are.
  await expect(finding).toBeInViewport();
  await expect(decisionComment(page)).toHaveValue(comment);

  const sent = page.waitForRequest("**/api/checks/decide");
  await decide(page, "Accept", "All findings are about somebody else", comment);
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
  await expect(panel(page).getByRole("heading", { name: "Accepted" })).toBeVisible();
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await expectProviderToKnow(reference, { accepted: true, comment, effects: 1 });
  await expectNoAxeViolations(page);

  // What she saw is kept with the decision.
  await panel(page).getByRole("link", { name: "What they saw" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Decision: accept" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Findings as they stood" })).toContainText("False positive");
  await expect(page.getByRole("region", { name: "Evidence listed" }).getByRole("link", { name: "Open" }).first()).toBeVisible();
  await expect(page.getByText("Nothing else was found.")).toBeVisible();
  await expectNoAxeViolations(page);

  // The same form once more, as a browser sends it that got no answer the first time.
  const answer = await send(page, "/api/checks/decide", (await sent).postData() ?? "");
  expect(answer.status).toBe(303);
  await page.goto(answer.location);
  await expect(page.getByText("This was recorded before; nothing was done twice.")).toBeVisible();
  expect(idOfPage(page)).toBe(id);
  expect(await taskOf(reference)).toMatchObject({ accepted: true, effects: 1 });
  expectNoComplaints(complaints);
});

test("Back from a decision shows the decision, not a form that could decide again", async ({ page }) => {
  await actAs(page, "anna");
  const reference = newReference("back");
  const id = await launch(page, { ...NAMESAKE, sources: ["Sanction lists"] }, reference);
  await untilOutcome(page);
  await expect(page.getByText("No source that was searched found anything about this customer.")).toBeVisible();
  await decide(page, "Reject", "Customer did not give required information", "No address was given.");
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();

  await page.goBack();
  expect(idOfPage(page)).toBe(id);
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  await expect(decisionComment(page)).toHaveCount(0);
  await expectProviderToKnow(reference, { accepted: false, comment: "No address was given.", effects: 1 });
});

test("an accept with undecided sanction findings is refused, and what was typed is kept", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("sanction");
  await launch(page, TWO_SANCTIONS, reference);
  await untilOutcome(page);
  await expect(panel(page).getByText("2 sanction findings are not judged yet.")).toBeVisible();

  const comment = "Other people of the same name; see the birth dates.";
  const reason = "All findings are about somebody else";
  await decide(page, "Accept", reason, comment);
  await expect(
    page.getByRole("alert").filter({
      hasText: "2 sanction findings are not judged yet. Judge each as relevant or false positive before you accept.",
    }),
  ).toBeVisible();
  await expect(decisionComment(page)).toHaveValue(comment);
  await expect(panel(page).getByRole("radio", { name: /^Accept/ })).toBeChecked();
  await expect(panel(page).getByLabel("Reason to accept").getByRole("option", { selected: true })).toHaveText(reason);
  await expectNoAxeViolations(page);

  await panel(page).getByRole("link", { name: "Go to it" }).click();
  await expect(findings(page).first()).toBeInViewport();
  await judgeAll(page, "False positive");
  await expect(panel(page).getByText(/not judged yet/)).toHaveCount(0);
  await decide(page, "Accept", reason, comment);
  await expect(page.getByText("Proposed. A supervisor has to approve it.")).toBeVisible();
  await expect(panel(page).getByRole("heading", { name: "Proposed: accept" })).toBeVisible();
  expect(await taskOf(reference)).toMatchObject({ accepted: null, effects: 0 });
  expectNoComplaints(complaints, 422);
});

test("what is missing in a decision is said beside it, one thing after the other", async ({ page }) => {
  await actAs(page, "anna");
  await launch(page, NAMESAKE, newReference("missing"));
  await untilOutcome(page);

  await panel(page).getByRole("button", { name: "Decide and tell KryptoGO" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Choose an outcome." })).toBeVisible();

  await panel(page).getByRole("radio", { name: /^Reject/ }).check();
  await decisionComment(page).fill("Kept while the reason is missing.");
  await panel(page).getByRole("button", { name: "Reject and tell KryptoGO" }).click();
  await expect(panel(page).getByText("Choose the reason that fits best.")).toBeVisible();
  await expect(decisionComment(page)).toHaveValue("Kept while the reason is missing.");

  await panel(page).getByLabel("Reason to reject").selectOption({ label: "Adverse media" });
  await decisionComment(page).fill("   ");
  await panel(page).getByRole("button", { name: "Reject and tell KryptoGO" }).click();
  await expect(decisionComment(page)).toHaveAccessibleDescription(/Write a comment: it is recorded with the decision/);
  await expect(panel(page).getByLabel("Reason to reject").getByRole("option", { selected: true })).toHaveText("Adverse media");
  await expectNoAxeViolations(page);
});
