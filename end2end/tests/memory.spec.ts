// Ben runs a check again: the page says what changed, and what was judged before is taken over.
// Told both ways: taking over works in place with scripts, and page by page without them.
import { expect, test } from "@playwright/test";

import { decide, findings, judgeAll, launch, misbehaving, newReference, untilOutcome } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, withScripts } from "./helpers";
import { told } from "./told";

/** 43 entries; the next run for the same customer has 3 new, 1 changed, 40 as before, and 2 are gone. */
const COMES_AGAIN = misbehaving("Test Comes Again");

test("43 findings that come again take a few keys, and what changed is asked again",
    told("on PostgreSQL", "what is taken over is written under locks, one entry for each judgement"), async ({ page }) => {
  test.slow();
  const complaints = collectComplaints(page);
  await actAs(page, "ben");
  const reference = newReference("memory");
  const first = await launch(page, COMES_AGAIN, reference);
  await untilOutcome(page);
  await expect(findings(page)).toHaveCount(43);
  await expect(page.getByText(/^Since the/)).toHaveCount(0);
  await judgeAll(page, "False positive");
  await decide(page, "Accept", "All findings are about somebody else", "Court cases of a namesake in Taiwan.");

  await launch(page, COMES_AGAIN, reference);
  await untilOutcome(page);
  await expect(findings(page)).toHaveCount(44);
  const region = page.getByRole("region", { name: /^Findings/ });
  await expect(region.getByText("3 new, 1 changed, 40 as before, 2 gone")).toBeVisible();
  await expect(region.getByRole("link", { name: "check before" })).toHaveAttribute("href", `/checks/${first}`);

  // New and changed stand first; the changed one says what changed, and why it is asked again.
  for (const at of [0, 1, 2]) await expect(findings(page).nth(at).getByText("new", { exact: true })).toBeVisible();
  const changed = findings(page).nth(3);
  await expect(changed.getByText("changed", { exact: true })).toBeVisible();
  await expect(changed.getByText("Asked again: the entry changed (birth date).")).toBeVisible();
  await expect(changed.getByRole("button", { name: /^Take over/ })).toHaveCount(0);
  await expect(findings(page).nth(4).getByText(/^Before: False positive/)).toBeVisible();
  await expectNoAxeViolations(page);

  const judged = page.locator("[data-finding][data-judgement=false_positive]");
  await expect(judged).toHaveCount(0);
  if (withScripts()) {
    let keys = 0;
    const press = async (key: string) => {
      keys += 1;
      await page.keyboard.press(key);
    };
    await press("Shift+T");
    await expect(judged).toHaveCount(40);
    for (const count of [41, 42, 43, 44]) {
      // The first press may only show the finding, when it is not on the screen.
      await press("2");
      await page.waitForTimeout(300);
      if ((await judged.count()) < count) await press("2");
      await expect(judged).toHaveCount(count);
    }
    expect(keys, "keys for 44 findings").toBeLessThanOrEqual(8);
  } else {
    await region.getByRole("button", { name: "Take over 40 earlier judgements" }).click();
    await expect(judged).toHaveCount(40);
  }
  await expect(findings(page).nth(10).getByText(/^Judged by Ben/)).toBeVisible();
  expectNoComplaints(complaints);
});

test("one judgement is taken over by its own button, and only where it stands", async ({ page }) => {
  await actAs(page, "ben");
  const reference = newReference("memory-one");
  const customer = misbehaving("Test Callback Duplicate");
  await launch(page, customer, reference);
  await untilOutcome(page);
  await judgeAll(page, "Relevant");
  await decide(page, "Reject", "Adverse media", "The article is about him.");
  await launch(page, customer, reference);
  await untilOutcome(page);
  const finding = findings(page).first();
  await expect(finding.getByText(/^Before: Relevant/)).toBeVisible();
  await finding.getByRole("button", { name: /^Take over/ }).click();
  await expect(finding.getByRole("button", { name: "Relevant", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(finding.getByRole("button", { name: /^Take over/ })).toHaveCount(0);
});
