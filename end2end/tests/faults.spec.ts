// The provider is slow, down, out of points, of another opinion or not to be understood; the desk says so, and
// nothing is lost or done twice.
// Told both ways: what went wrong is said on an open page that follows, and on one that is loaded again.
import { expect, test, type Locator, type Page } from "@playwright/test";

import { addConnection, disableConnection, GOOD_KEY, KEY_REFUSED, replaceKey, rowOf } from "./admin";
import {
  decide,
  expectProviderToKnow,
  findings,
  idOfPage,
  judgeAll,
  launch,
  misbehaving,
  NAMESAKE,
  newReference,
  panel,
  taskOf,
  untilOutcome,
} from "./checks";
import {
  actAs,
  collectComplaints,
  expectNoAxeViolations,
  expectNoComplaints,
  expectToAppear,
  requests,
  SANDBOX_URL,
  sendOff,
  tasks,
  withScripts,
} from "./helpers";

/** Waits for what the desk says for a few seconds only, after the 30 s that it waits for an answer. */
async function expectToPassBy(page: Page, what: Locator): Promise<void> {
  const timeout = 75_000;
  if (withScripts()) return expectToAppear(page, what, timeout);
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 100 });
  }).toPass({ timeout, intervals: [100] });
}

/** Launches a check that the provider treats as this name asks for, and waits for its outcome. */
async function reviewed(page: Page, name: string, reference: string): Promise<string> {
  const id = await launch(page, misbehaving(name), reference);
  await untilOutcome(page);
  return id;
}

async function rejectFor(page: Page, comment: string): Promise<void> {
  await decide(page, "Reject", "Overall risk outside our appetite", comment);
  await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
}

/** The customer's row on the tab of what needs a person. */
async function attentionRow(page: Page, reference: string) {
  await page.goto(`/checks?tab=attention&q=${reference}`);
  return page.getByRole("row", { name: new RegExp(reference) });
}

/** Takes a check back, so that nothing goes on asking about it. */
async function withdraw(page: Page, id: string): Promise<void> {
  await page.goto(`/checks/${id}`);
  await page.getByText("Withdraw", { exact: true }).click();
  await page.getByRole("button", { name: "Withdraw this check" }).click();
  await expect(panel(page).getByText("The check was withdrawn.")).toBeVisible();
}

async function decisionsSent(reference: string): Promise<number> {
  const { task_id: id } = await taskOf(reference);
  return (await requests()).filter((r) => r.method === "POST" && String(r.path).endsWith(`/task/${id}/accepted`)).length;
}

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("what timed out is looked up at the provider before anything is sent again, and is there once", async ({ page, context }) => {
  test.setTimeout(180_000);
  const complaints = collectComplaints(page);
  const decided = newReference("decide-timeout");
  const id = await reviewed(page, "Test Decide Timeout Applied", decided);
  await rejectFor(page, "Told once, whatever the line does.");
  await expect(panel(page).getByText("Decided here; telling KryptoGO.")).toBeVisible();

  // Both wait for their answer at the same time, each in its own tab.
  const other = await context.newPage();
  const created = newReference("create-timeout");
  await launch(other, misbehaving("Test Create Timeout Applied"), created);
  await expect(other.getByRole("heading", { name: "Waiting to be sent" })).toBeVisible();
  await expect(panel(other).getByText("Not sent yet. There is nothing to decide before the provider has answered.")).toBeVisible();
  const arrived = async () => (await tasks()).filter((task) => task.customer_reference === created).length;
  await expect.soft.poll(arrived, { message: "a call that hangs holds nothing else up", timeout: 10_000 }).toBe(1);
  const unanswered = "KryptoGO did not answer in time. It may have received this; its state is read before anything is sent again.";
  const unconfirmed = /^Sent to KryptoGO, unconfirmed: no answer confirms it\. .+ Attempt 1 made; the next in \d+/;
  await Promise.all([
    expectToPassBy(page, panel(page).getByText(unconfirmed)),
    expectToPassBy(other, other.getByText(unanswered)),
  ]);

  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  await expect(panel(page).getByText("unconfirmed")).toHaveCount(0);
  expect(await taskOf(decided)).toMatchObject({ accepted: false, effects: 1, comment: "Told once, whatever the line does." });
  expect(await decisionsSent(decided)).toBe(1);
  await untilOutcome(other);
  await expect(other.getByText(unanswered)).toHaveCount(0);
  expect(await taskOf(created)).toMatchObject({ creates: 1 });

  await expect(await attentionRow(page, decided)).toHaveCount(0);
  await page.goto(`/checks/${id}`);
  await expect(page.getByText("Provider did not confirm")).toBeVisible();
  await expect(page.getByText("Provider applied the decision")).toBeVisible();
  expectNoComplaints(complaints);
});

test("a decision that is answered with 503 twice is listed for attention, and applied once", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("decide-503");
  const id = await reviewed(page, "Test Decide 503", reference);
  await rejectFor(page, "Told until it is heard.");

  // It is sent thrice; between the tries it needs no person, but whoever looks for it finds it.
  const unconfirmed = panel(page).getByText("Sent to KryptoGO, unconfirmed: no answer confirms it.");
  await expectToAppear(page, unconfirmed);
  await expect(panel(page).getByText("KryptoGO is not available just now (HTTP 503). It is tried again.")).toBeVisible();
  const row = await attentionRow(page, reference);
  await expect(row).toContainText("sent, unconfirmed");

  await page.goto(`/checks/${id}`);
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."), 30_000);
  expect(await taskOf(reference)).toMatchObject({ accepted: false, effects: 1 });
  expect(await decisionsSent(reference)).toBe(3);
  await expect(await attentionRow(page, reference)).toHaveCount(0);
  expectNoComplaints(complaints);
});

test("a decision that the provider's staff made otherwise is a conflict for people, never overwritten", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("conflict");
  await reviewed(page, "Test Decide Conflict", reference);
  await rejectFor(page, "Ours: rejected.");

  await expectToAppear(page, panel(page).getByText("KryptoGO has a different decision."));
  await expect(panel(page).getByText("Ours stands here unchanged; people have to bring both in line.")).toBeVisible();
  await expect(panel(page).getByText("KryptoGO shows this as accepted")).toContainText("Decided by our own team after a phone call.");
  await expect(panel(page).getByRole("heading", { name: "Rejected" })).toBeVisible();
  await expect(page.getByText("conflict with the provider")).toBeVisible();
  await expectNoAxeViolations(page);

  const id = idOfPage(page);
  const row = await attentionRow(page, reference);
  await expect(row).toContainText("conflict with the provider");
  await expect(row).toContainText("rejected");
  await expectNoAxeViolations(page);
  expect(await taskOf(reference)).toMatchObject({ accepted: true, effects: 1 });
  expect(await decisionsSent(reference)).toBe(1);

  // Who keeps the connections sees it too, without a word about the customer, and is not offered to send it again.
  await actAs(page, "adam");
  await page.goto("/admin/deliveries?state=conflict");
  const delivery = rowOf(page, "Deliveries", /Tell the decision/).filter({ hasText: id });
  await expect(delivery).toContainText("KryptoGO shows another decision");
  await expect(page.locator("main")).not.toContainText("phone call");
  await expect(delivery.getByRole("button", { name: "Retry" })).toHaveCount(0);
  expectNoComplaints(complaints);
});

test("a refused key gives a decision up, in words; with a new key an admin retries it, and it is told once", async ({ page }) => {
  test.setTimeout(90_000);
  const complaints = collectComplaints(page);
  const reference = newReference("dead");
  const connection = `ZZ refused key ${reference}`;
  await addConnection(page, connection);
  try {
    await actAs(page, "anna");
    const id = await launch(page, { ...NAMESAKE, connection }, reference);
    await untilOutcome(page);
    await judgeAll(page, "False positive");
    await replaceKey(page, connection, "a-key-that-nobody-knows");

    await actAs(page, "anna");
    await page.goto(`/checks/${id}`);
    await decide(page, "Accept", "All findings are about somebody else", "Born in another year.");
    await expect(page.getByText("Decided. The provider is being told.")).toBeVisible();
    await expectToAppear(page, panel(page).getByText("KryptoGO could not be told."));
    await expect(panel(page).getByText("An admin can retry it under Deliveries.")).toBeVisible();
    await expect(panel(page).getByText(KEY_REFUSED)).toBeVisible();
    await expect(panel(page).getByRole("heading", { name: "Accepted" })).toBeVisible();
    await expectNoAxeViolations(page);
    await expect(await attentionRow(page, reference)).toContainText("could not be told");
    expect(await taskOf(reference)).toMatchObject({ accepted: null, effects: 0 });

    // Adam sees why. As long as the key is wrong, a retry ends as before.
    await actAs(page, "adam");
    await page.goto("/admin/deliveries");
    await page.getByLabel("State").selectOption({ label: "given up" });
    await page.getByRole("button", { name: "Filter" }).click();
    const delivery = rowOf(page, "Deliveries", connection).filter({ hasText: "Tell the decision" });
    await expect(delivery).toContainText("given up");
    await expect(delivery).toContainText(KEY_REFUSED);
    await expectNoAxeViolations(page);

    await replaceKey(page, connection, GOOD_KEY);
    await page.goto("/admin/deliveries?state=dead");
    await delivery.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByText("It is tried again now.")).toBeVisible();
    await expectProviderToKnow(reference, { accepted: true, effects: 1, comment: "Born in another year." });
    await page.goto("/admin/deliveries?state=dead");
    await expect(delivery).toHaveCount(0);

    await actAs(page, "anna");
    await page.goto(`/checks/${id}`);
    await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
    await expect(page.getByText("Delivery retried by a person").or(page.getByText("Provider applied the decision")).first()).toBeVisible();
    await expect(await attentionRow(page, reference)).toHaveCount(0);
    expectNoComplaints(complaints);
  } finally {
    await disableConnection(page, connection);
  }
});

test("a check that is launched with a refused key fails in words and can be run again", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("key");
  const connection = `ZZ wrong key ${reference}`;
  await addConnection(page, connection, "a-key-that-nobody-knows");
  try {
    await actAs(page, "anna");
    await launch(page, { ...NAMESAKE, connection }, reference);
    const failed = page.getByRole("status").filter({ hasText: "The check failed." });
    await expectToAppear(page, failed);
    await expect(failed).toContainText(KEY_REFUSED);
    await expect(panel(page).getByText("The check failed, so there is nothing to decide. Run it again.")).toBeVisible();
    await expectNoAxeViolations(page);
    expect((await tasks()).filter((task) => task.customer_reference === reference)).toEqual([]);

    await actAs(page, "adam");
    await page.goto("/admin/deliveries?state=dead");
    const delivery = rowOf(page, "Deliveries", connection);
    await expect(delivery).toContainText("Create the check at the provider");
    await expect(delivery).toContainText(KEY_REFUSED);
    await expect(delivery.getByRole("button", { name: "Retry" }), "a failed check is run again instead").toHaveCount(0);

    await replaceKey(page, connection, GOOD_KEY);
    await actAs(page, "anna");
    await page.goto(`/checks?tab=all&state=failed&q=${reference}`);
    await page.getByRole("row", { name: new RegExp(reference) }).getByRole("link", { name: NAMESAKE.name }).click();
    await failed.getByRole("link", { name: "Run it again" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Run the check again" })).toBeVisible();
    await expect(page.getByRole("textbox", { name: /^Customer reference/ })).toHaveValue(reference);
    await sendOff(page);
    await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
    await expect(page.getByText("This check was run again after an earlier one.")).toBeVisible();
    await untilOutcome(page);
    expect(await taskOf(reference)).toMatchObject({ creates: 1 });
    expectNoComplaints(complaints);
  } finally {
    await disableConnection(page, connection);
  }
});

test("an account without points is said, and nothing is bought", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("points");
  await launch(page, misbehaving("Test Create 402"), reference);
  const failed = page.getByRole("status").filter({ hasText: "The check failed." });
  await expectToAppear(page, failed);
  await expect(failed).toContainText("Our account at KryptoGO is out of points. Top it up there, then run the check again.");
  await expect(failed.getByRole("link", { name: "Run it again" })).toBeVisible();
  await expectNoAxeViolations(page);
  expect((await tasks()).filter((task) => task.customer_reference === reference)).toEqual([]);
  expectNoComplaints(complaints);
});

test("values, sources and fields that nobody documented are shown as they came", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("strange");
  await reviewed(page, "Test Unknown Values", reference);
  await expect(page.getByRole("heading", { level: 3, name: /crypto_mixers/ })).toBeVisible();
  const mixer = findings(page).filter({ hasText: "Wallet used a mixing service" });
  await expect(mixer).toContainText("score 61");
  await expect(mixer).toContainText("Hops");
  await expect(page.getByText("9 (unknown to this version)")).toBeVisible();
  await expect(page.getByText("partially_indexed").first()).toBeVisible();
  await expectNoAxeViolations(page);
  await judgeAll(page, "False positive");
  await decide(page, "Accept", "All findings are about somebody else", "Read with the strange fields.");
  await expectToAppear(page, panel(page).getByText("KryptoGO has applied it."));
  expect(await taskOf(reference)).toMatchObject({ accepted: true, effects: 1 });
  expectNoComplaints(complaints);
});

test("what cannot be read must be judged, with its raw text beside it, and is never nothing", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("unread");
  await reviewed(page, "Test Odd Result", reference);
  await expect(page.getByRole("heading", { level: 3, name: /^What could not be read/ })).toBeVisible();
  await expect(findings(page)).toHaveCount(1);
  await expect(findings(page).first()).toContainText("the answer has a shape that this version does not know");
  await expect(findings(page).first()).toContainText("Convicted of fraud");
  await expect(page.getByText("a part of the answer could not be read")).toBeVisible();
  await expect(panel(page).getByText("1 finding is not judged yet.")).toBeVisible();
  await expectNoAxeViolations(page);
  await judgeAll(page, "Relevant");
  await decide(page, "Accept", "No adverse findings", "As if nothing had come.");
  await expect(panel(page).getByLabel("Reason to accept")).toHaveAccessibleDescription(/^A finding is judged relevant/);
  expect(await taskOf(reference)).toMatchObject({ accepted: null });
  expectNoComplaints(complaints, 422);
});

test("a summary without a report is no harmless customer: what the details say is shown", async ({ page }) => {
  const reference = newReference("null-report");
  await reviewed(page, "Test Null Report", reference);
  await expect(findings(page)).toHaveCount(1);
  await expect(findings(page).first()).toContainText("Test Null Report");
  const body = await (await fetch(`${SANDBOX_URL}/kryptogo/task/${(await taskOf(reference)).task_id}`, { headers: { "gofact-api-token": GOOD_KEY } })).json();
  await expect(page.getByText(new RegExp(`^${body.potential_risk} (low|medium|high)`)).first()).toBeVisible();
});

test("a report that is cut, or stands elsewhere, is never an outcome; once it is whole, it is one", async ({ page }) => {
  const complaints = collectComplaints(page);
  const cut = await launch(page, misbehaving("Test Bad Json"), newReference("cut"));
  const elsewhere = await launch(page, misbehaving("Test Redirect"), newReference("elsewhere"));
  await launch(page, misbehaving("Test Bad Json Once"), newReference("cut-once"));
  await untilOutcome(page);
  await expect(findings(page)).toHaveCount(1);

  // Details that are never whole leave the summary, and somebody has to judge that they are missing.
  await page.goto(`/checks/${cut}`);
  await untilOutcome(page);
  await expect(findings(page).filter({ hasText: "KryptoGO gave no details of this task" })).toHaveCount(1);
  await expect(panel(page).getByText(/not judged yet/)).toBeVisible();
  await expectNoAxeViolations(page);

  await page.goto(`/checks/${elsewhere}`);
  await expectToAppear(page, page.getByText(/^KryptoGO gave an answer that cannot be used \(.+\)\. It is tried again\.$/), 30_000);
  await expect(page.getByText("The provider is still searching. You can decide when its outcome is here.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 2, name: /^Findings/ })).toHaveCount(0);
  await expect(page.getByText("You should not have followed.")).toHaveCount(0);
  await withdraw(page, elsewhere);
  expect((await requests()).filter((r) => String(r.path).endsWith("/elsewhere"))).toEqual([]);
  expectNoComplaints(complaints);
});

test("a provider that is down is said on the check's page, and nothing of the check is lost", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("down");
  const connection = "KryptoGO, line down";
  const id = await launch(page, { ...NAMESAKE, connection }, reference);
  const words = /^KryptoGO could not be reached \(.+\)\. Nothing was sent\. It is tried again; an admin can test the connection\.$/;
  await expectToAppear(page, page.getByText(words));
  await expect(page.getByRole("heading", { name: "Waiting to be sent" })).toBeVisible();
  await expect(page.getByText("Not sent yet. There is nothing to decide before the provider has answered.")).toBeVisible();
  await expect(page.getByText("Søren Ødegård").first()).toBeVisible();
  await expectNoAxeViolations(page);
  await page.goto(`/checks?tab=running&q=${reference}`);
  await expect(page.getByRole("row", { name: new RegExp(reference) })).toContainText("queued");

  await actAs(page, "adam");
  await page.goto("/admin/connections");
  await rowOf(page, "Connections", connection).getByRole("button", { name: "Test" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "KryptoGO could not be reached" })).toBeVisible();
  await expectNoAxeViolations(page);
  // Once tested, the connection is tried again at once, however long it was known to be down.
  const delivery = rowOf(page, "Deliveries", id);
  await expect(async () => {
    await page.goto("/admin/deliveries?state=due");
    await expect(delivery).toContainText("could not be reached", { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await expect(delivery).toContainText("due");
  await expect(delivery).toContainText(/next in \d+/);
  await expectNoAxeViolations(page);

  await actAs(page, "anna");
  await withdraw(page, id);
  expectNoComplaints(complaints);
  await expect(page.getByText(words), "a withdrawn check is not tried again").toHaveCount(0);
});
