// One rule for whatever ends a check: proposals that are overtaken, meant for somebody or sent back; withdrawing with a second
// person; running a check again with less; and what nobody may do.
// Told both ways: proposing and answering are done in the panel, which scripts fold and send in place.
import { expect, test, type Page } from "@playwright/test";

import { decide, decisionComment, judgeAll, launch, newReference, ONE_SANCTION, panel, taskOf, untilOutcome } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, SANDBOX_URL, sendOff } from "./helpers";
import { told } from "./told";

const FALSE_POSITIVE = "All findings are about somebody else";

/** Anna launches a check about somebody whom a sanction list names, judges it and proposes to accept. */
async function proposed(page: Page, reference: string): Promise<string> {
  await actAs(page, "anna");
  const id = await launch(page, ONE_SANCTION, reference);
  await untilOutcome(page);
  await judgeAll(page, "False positive");
  await decide(page, "Accept", FALSE_POSITIVE, "Born in another year.");
  await expect(page.getByText("Proposed. A supervisor has to approve it.")).toBeVisible();
  return id;
}

test("what arrives while a proposal waits voids it, and its maker is told first",
    told("on PostgreSQL", "triggers refuse what was overtaken, and keep what was voided"), async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("voided");
  const id = await proposed(page, reference);
  // The provider's own staff decides there, and tells us.
  const { task_id } = await taskOf(reference);
  const answer = await fetch(`${SANDBOX_URL}/control/tasks/${task_id}/decide`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ accepted: false, comment: "Not with us." }),
  });
  expect(answer.status).toBe(200);
  const words = panel(page).getByRole("heading", { name: "The proposal to accept is void" });
  await expect(async () => {
    await page.goto(`/checks/${id}`);
    await expect(words).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(panel(page).getByText("Something arrived while it waited", { exact: false })).toBeVisible();
  await expectNoAxeViolations(page);
  await page.goto("/");
  await expect(page.getByRole("region", { name: /^Came back to you/ }).getByRole("link", { name: ONE_SANCTION.name }).first()).toBeVisible();
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints);
});

test("a proposal that is meant for somebody says so, and takes nobody who had a part in it", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const id = await launch(page, ONE_SANCTION, newReference("named"));
  await untilOutcome(page);
  await judgeAll(page, "False positive");
  const meantFor = panel(page).getByRole("combobox", { name: /^Meant for/ });
  // Analysts approve nothing, so they are not offered.
  await expect(meantFor.getByRole("option", { name: "Sofia Lindqvist" })).toHaveCount(1);
  await expect(meantFor.getByRole("option", { name: "Ben Okafor" })).toHaveCount(0);
  await meantFor.selectOption({ label: "Sofia Lindqvist" });
  await decide(page, "Accept", FALSE_POSITIVE, "Born in another year.");
  await expect(panel(page).getByText("Meant for", { exact: true })).toBeVisible();
  await expect(panel(page).getByText("To be answered by", { exact: true })).toBeVisible();
  await expectNoAxeViolations(page);

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await decisionComment(page).fill("Compared the birth dates myself.");
  await panel(page).getByRole("button", { name: "Approve: accept and tell KryptoGO" }).click();
  await expect(page.getByText("Approved. The provider is being told.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("who launched and judged a check sends a proposal back, but does not approve it; then it comes first to its maker", async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "sofia");
  const reference = newReference("launched-by-sofia");
  const id = await launch(page, ONE_SANCTION, reference);
  await untilOutcome(page);
  await judgeAll(page, "False positive");
  await actAs(page, "anna");
  await page.goto(`/checks/${id}`);
  await decide(page, "Accept", FALSE_POSITIVE, "As Sofia judged it.");

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  const approve = panel(page).getByRole("button", { name: "Approve" });
  await expect(approve).toBeDisabled();
  await expect(approve).toHaveAccessibleDescription(/You judged findings of this check/);
  await expectNoAxeViolations(page);
  await decisionComment(page).fill("Judge them yourself, please.");
  await panel(page).getByRole("button", { name: "Send back" }).click();
  await expect(page.getByText("Sent back for review.")).toBeVisible();

  await actAs(page, "anna");
  await page.goto("/");
  const back = page.getByRole("region", { name: /^Came back to you/ });
  await expect(back.getByText(reference)).toBeVisible();
  await page.goto(`/checks/${id}`);
  await expect(panel(page).getByText("Judge them yourself, please.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("withdrawing what two should look at takes two, and running it again with less does not make it unsaid",
    told("on PostgreSQL", "triggers say by which step a check is withdrawn, and what takes two"), async ({ page }) => {
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("withdrawn-by-two");
  const id = await launch(page, ONE_SANCTION, reference);
  await untilOutcome(page);
  // Nothing is withdrawn without a reason and a comment.
  await panel(page).getByRole("radio", { name: /^Withdraw/ }).check();
  await expect(panel(page).getByText("Withdrawing takes two people where accepting would", { exact: false })).toBeVisible();
  await panel(page).getByRole("button", { name: "Propose to withdraw" }).click();
  await expect(panel(page).getByText("Choose the reason that fits best.")).toBeVisible();
  await decide(page, "Withdraw", "The customer does not go on", "They went to another house.");
  await expect(panel(page).getByRole("heading", { name: "Proposed: withdraw" })).toBeVisible();

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await decisionComment(page).fill("So they told me, too.");
  await panel(page).getByRole("button", { name: "Approve: withdraw" }).click();
  await expect(panel(page).getByText("The check was withdrawn.")).toBeVisible();

  // Anna runs it again, and asks one harmless source.
  await actAs(page, "anna");
  await page.goto(`/checks/${id}`);
  await page.getByRole("link", { name: "Run it again" }).first().click();
  await page.getByRole("checkbox", { name: "Sanction lists" }).setChecked(false);
  await page.getByRole("checkbox", { name: "Company register" }).setChecked(true);
  await sendOff(page);
  await expectToAppear(page, panel(page).getByRole("heading", { name: "Earlier checks of this kind" }), 30_000);
  await expect(panel(page).getByText(/very high risk; 0 relevant, 1 not judged/)).toBeVisible();
  await expect(panel(page).getByText(/An earlier check also asked these sources, and this one did not: Sanction lists/)).toBeVisible();
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await expect(panel(page).getByText(/^Accepting this takes two people/)).toBeVisible();
  await expect(panel(page).getByRole("button", { name: "Propose to accept" })).toBeVisible();
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints, 422);
});

test("nobody overturns alone what they decided themselves",
    told("on PostgreSQL", "triggers refuse who overturns their own decision alone"), async ({ page }) => {
  await actAs(page, "sofia");
  const id = await launch(page, ONE_SANCTION, newReference("own-overturn"));
  await untilOutcome(page);
  await judgeAll(page, "Relevant");
  await decide(page, "Reject", "Sanctioned person or entity", "It is them.");
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  // Telling the provider changes the check once more.
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await page.goto(`/checks/${id}`);
  await panel(page).getByText("Overturn", { exact: true }).click();
  await expect(panel(page).getByText("You made this decision, so overturning it takes a second person", { exact: false })).toBeVisible();
  await panel(page).getByLabel(/^Reason/).selectOption({ label: "Enhanced due diligence done, risk acceptable" });
  await decisionComment(page).fill("Delisted since.");
  await panel(page).getByRole("button", { name: "Propose to overturn: accept" }).click();
  await expect(panel(page).getByRole("heading", { name: "Proposed: accept" })).toBeVisible();
  await expect(panel(page).getByText("This check stays rejected until somebody approves.")).toBeVisible();
  await expect(panel(page).getByRole("button", { name: "Approve" })).toBeDisabled();
});
