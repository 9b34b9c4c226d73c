// What was opened before a decision: bulk takes nothing unopened, a decision says what was opened and what was only listed, and
// each round stays to be read.
// Told both ways: several are ticked and decided, with a selection that a script keeps or a form that the page has.
import { expect, test, type Page } from "@playwright/test";

import { openFold, rowOf } from "./admin";
import { decide, decisionComment, launch, NAMESAKE, newReference, panel, untilOutcome } from "./checks";
import { actAs, awake, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, withScripts } from "./helpers";
import { launchIdv, MUELLER } from "./idv";
import { told } from "./told";

/** Two ID verifications of Anna's, ticked by Ben, who has opened neither, on the page that decides several. */
async function tickedByBen(page: Page, reference: string): Promise<string[]> {
  const ids: string[] = [];
  await actAs(page, "anna");
  for (const place of ["aa", "bb"]) {
    ids.push(await launchIdv(page, "upload", MUELLER, `${reference}-${place}`));
    await untilOutcome(page);
  }
  await actAs(page, "ben");
  await page.goto(`/checks?tab=to_review&q=${reference}`);
  if (withScripts()) await awake(page);
  for (const place of ["aa", "bb"]) await page.getByRole("checkbox", { name: `Select ${MUELLER.name}, ${reference}-${place}` }).check();
  await page.getByRole("button", { name: "Decide selected" }).click();
  await expect(page.getByRole("heading", { name: "Decide several checks" })).toBeVisible();
  return ids;
}

test("Ben decides together with others only what he opened, and the record says what he opened of it",
    told("on PostgreSQL", "what was opened is written beside everything else, and read back with the pictures"), async ({ page }) => {
  test.setTimeout(180_000);
  const complaints = collectComplaints(page);
  const reference = newReference("unopened");
  const [id] = await tickedByBen(page, reference);
  const several = page.url();
  const of = (place: string) => page.getByRole("group", { name: new RegExp(`^${MUELLER.name} ${reference}-${place}$`) });
  const send = page.getByRole("button", { name: "Decide what is filled in" });
  await expect(page.getByText("2 of these checks cannot be decided here: you have not opened them. Open each, and come back.")).toBeVisible();
  await expect(of("aa")).toContainText("You have not opened this check since the last of its evidence arrived");
  await expect(page.getByRole("radio")).toHaveCount(0);
  await expect(send).toHaveCount(0);
  await expectNoAxeViolations(page);

  // He looks at one of them, and at one body of its evidence: a picture, for what KryptoGO answered comes last.
  await of("aa").getByRole("link", { name: "Open the check" }).click();
  await expect(page.getByRole("heading", { level: 1, name: MUELLER.name })).toBeVisible();
  await openFold(page, "Raw evidence");
  await page.getByRole("region", { name: "Raw evidence" }).getByRole("link", { name: "Open" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Evidence as received" })).toBeVisible();

  await page.goto(several);
  await expect(page.getByText("1 of these checks cannot be decided here: you have not opened it. Open it, and come back.")).toBeVisible();
  await expect(of("bb").getByRole("radio")).toHaveCount(0);
  await of("aa").getByRole("radio", { name: "Reject" }).check();
  await of("aa").getByRole("combobox", { name: "Reason" }).selectOption({ label: "Customer did not give required information" });
  await of("aa").getByRole("textbox", { name: "Comment" }).fill("No papers came.");
  await send.click();
  await expect(page.getByText("1 check was decided.")).toBeVisible();
  await expect(of("aa")).toContainText("You rejected it.");
  await expect(of("bb")).toContainText("You have not opened this check");

  // The record names whom it is about and how it was made, and tells opened from listed.
  await page.goto(`/checks/${id}`);
  await panel(page).getByRole("link", { name: "What they saw" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Decision: reject" })).toBeVisible();
  const main = page.getByRole("main");
  await expect(main.getByRole("definition").filter({ hasText: MUELLER.name })).toContainText(`${reference}-aa`);
  await expect(main.getByRole("definition").filter({ hasText: "ID verification" })).toBeVisible();
  await expect(main.getByText("together with others, on the page for several checks")).toBeVisible();
  const evidence = page.getByRole("region", { name: "Evidence listed" });
  await expect(evidence.getByRole("cell", { name: /^opened / })).not.toHaveCount(0);
  await expect(evidence.getByRole("cell", { name: "only listed" })).not.toHaveCount(0);
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints, 422);
});

test("each round stays on the check's page, and two decisions lead to each other", async ({ page }) => {
  test.setTimeout(120_000);
  const complaints = collectComplaints(page);
  await actAs(page, "anna");
  const reference = newReference("rounds");
  const id = await launch(page, NAMESAKE, reference);
  await untilOutcome(page);
  await decide(page, "Accept", "Findings are true but not material", "A relative, long out of office.");
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await expect(page.getByRole("heading", { name: "Earlier rounds" })).toHaveCount(0);

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await panel(page).getByText("Overturn", { exact: true }).click();
  await panel(page).getByLabel(/^Reason/).selectOption({ label: "Politically exposed, outside our risk appetite" });
  await decisionComment(page).fill("Holds office again since spring.");
  await panel(page).getByRole("button", { name: "Overturn: reject" }).click();
  await expect(page.getByText("The overturn was recorded.")).toBeVisible();

  await page.goto(`/checks/${id}`);
  const rounds = page.getByRole("list", { name: "Earlier rounds" });
  await expect(rounds.getByRole("heading", { name: "Round 1, decision: accept" })).toBeVisible();
  await expect(rounds).toContainText("Anna Berg");
  await expect(rounds).toContainText("Findings are true but not material");
  await expect(rounds).toContainText("A relative, long out of office.");
  await expect(panel(page).getByText("Holds office again since spring.")).toBeVisible();
  await expectNoAxeViolations(page);

  await rounds.getByRole("link", { name: "Record of round 1" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Decision: accept" })).toBeVisible();
  await page.getByRole("link", { name: "Round 2, overturn: reject" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overturn: reject" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Round 1, decision: accept" })).toBeVisible();
  await expectNoAxeViolations(page);

  // In the list each has the telling that was its own.
  await page.goto("/decisions");
  const row = rowOf(page, "Decisions", reference);
  await expect(row.filter({ hasText: "applied at the provider" })).toHaveCount(1);
  await expect(row.filter({ hasText: "conflict with the provider" })).toHaveCount(1);
  expectNoComplaints(complaints);
});
