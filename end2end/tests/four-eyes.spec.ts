// Accepting a very high risk takes two people; and what was decided can be overturned.
// Told both ways: proposing and answering are done in the panel, which scripts fold and send in place.
import { expect, test } from "@playwright/test";

import {
  decide,
  decisionComment,
  expectProviderToKnow,
  judgeAll,
  launch,
  NAMESAKE,
  newReference,
  ONE_SANCTION,
  panel,
  taskOf,
  untilOutcome,
} from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear } from "./helpers";
import { told } from "./told";

test("Anna proposes to accept a very high risk, Sofia approves, and the provider is told once",
    told("on PostgreSQL", "triggers say who may answer a proposal, and that it is answered once"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("four-eyes");
  const id = await launch(page, ONE_SANCTION, reference);
  await untilOutcome(page);
  await judgeAll(page, "Relevant");
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await expect(panel(page).getByText("Accepting a very high risk takes two people")).toBeVisible();
  await decide(page, "Accept", "Enhanced due diligence done, risk acceptable", "Delisted in court; documents on file.");

  // She has proposed, so somebody else approves.
  await expect(page.getByText("Proposed. A supervisor has to approve it.")).toBeVisible();
  const approve = panel(page).getByRole("button", { name: "Approve" });
  await expect(approve).toBeDisabled();
  await expect(approve).toHaveAccessibleDescription("You proposed this; another supervisor has to approve it.");
  await expectNoAxeViolations(page);

  // Ben did not propose it, and may not approve either.
  await actAs(page, "ben");
  await page.goto(`/checks/${id}`);
  await expect(approve).toBeDisabled();
  await expect(approve).toHaveAccessibleDescription("Approving takes a person who is supervisor.");
  expect(await taskOf(reference)).toMatchObject({ accepted: null, effects: 0 });

  // Sofia finds it on her start page, and says why she approves.
  await actAs(page, "sofia");
  await page.goto("/");
  await expectNoAxeViolations(page);
  await page
    .getByRole("table", { name: "Waiting for my approval" })
    .getByRole("row", { name: new RegExp(reference) })
    .getByRole("link", { name: ONE_SANCTION.name })
    .click();
  await expect(panel(page).getByText("Delisted in court; documents on file.")).toBeVisible();
  await panel(page).getByRole("button", { name: "Approve: accept and tell KryptoGO" }).click();
  await expect(decisionComment(page)).toHaveAccessibleDescription(/Write a comment/);
  await expectNoAxeViolations(page);
  await decisionComment(page).fill("Approved after reading the court's decision.");
  await panel(page).getByRole("button", { name: "Approve: accept and tell KryptoGO" }).click();
  await expect(page.getByText("Approved. The provider is being told.")).toBeVisible();
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await expectProviderToKnow(reference, { accepted: true, effects: 1 });
  await expect(panel(page).getByRole("heading", { name: "Accepted" })).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("Sofia sends a proposal back, and the review is open again with her words",
    told("on PostgreSQL", "triggers say by which step a proposal comes back"), async ({ page }) => {
  await actAs(page, "anna");
  const reference = newReference("sent-back");
  const id = await launch(page, ONE_SANCTION, reference);
  await untilOutcome(page);
  await judgeAll(page, "False positive");
  await decide(page, "Accept", "Other, explained in the comment", "I am quite sure.");
  await expect(panel(page).getByRole("heading", { name: "Proposed: accept" })).toBeVisible();

  await actAs(page, "sofia");
  await page.goto("/checks?tab=proposed");
  await page.getByRole("row", { name: new RegExp(reference) }).getByRole("link", { name: ONE_SANCTION.name }).click();
  await decisionComment(page).fill("Please add where the birth date comes from.");
  await panel(page).getByRole("button", { name: "Send back" }).click();
  await expect(page.getByText("Sent back for review.")).toBeVisible();

  await actAs(page, "anna");
  await page.goto(`/checks/${id}`);
  await expect(panel(page).getByRole("radio", { name: /^Accept/ })).toBeEnabled();
  await expect(panel(page).getByText("Please add where the birth date comes from.")).toBeVisible();
  expect(await taskOf(reference)).toMatchObject({ accepted: null, effects: 0 });
});

test("Sofia overturns a decision; the provider keeps its first one",
    told("on PostgreSQL", "triggers say what may be overturned, and change no decision"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("overturn");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await decide(page, "Accept", "Findings are true but not material", "A relative, out of office.");
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await expect(panel(page).getByText("Overturn")).toHaveCount(0);

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await panel(page).getByText("Overturn", { exact: true }).click();
  await panel(page).getByRole("button", { name: "Overturn: reject" }).click();
  // Nothing was said, so nothing was done.
  await expect(panel(page).getByText("Choose the reason that fits best.")).toBeVisible();
  await panel(page).getByLabel(/^Reason/).selectOption({ label: "Politically exposed, outside our risk appetite" });
  await decisionComment(page).fill("Holds office again since May.");
  await expectNoAxeViolations(page);
  await panel(page).getByRole("button", { name: "Overturn: reject" }).click();
  await expect(page.getByText("The overturn was recorded.")).toBeVisible();
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  await expect(panel(page).getByText("Holds office again since May.")).toBeVisible();
  await expect(panel(page).getByText("Decision overturned")).toBeVisible();
  await expectNoAxeViolations(page);
  expect(await taskOf(reference)).toMatchObject({ accepted: true, effects: 1 });
  expectNoComplaints(complaints, 422);
});
