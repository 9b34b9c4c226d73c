// Anna identifies customers by video: three steps that can be left, the outcome, documents, the person, and the decision.
// Told both ways: three forms are filled in and left, and answers come by themselves or with a reload.
import { expect, test } from "@playwright/test";

import { decisionComment, findings, idOfPage, judgeAll, newReference, panel } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, expectToAppear, withScripts } from "./helpers";
import { auto, fillPerson, identificationsOf, launchPerson, launchVideo, makeIdentification, STEP, untilState } from "./video";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

const steps = "Steps of the launch";

test("a person is refused beside each field, and nothing typed is lost", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("vi-refused");
  const field = (name: RegExp) => page.getByRole("textbox", { name });
  await fillPerson(page, { first: "Jane 🙂", last: "Doe", postalCode: "1017" }, reference);
  await page.getByRole("combobox", { name: /^Country of residence/ }).selectOption("FR");
  await field(/^Data processing agreed/).fill("2026-01-01 09:30 CET");
  await page.getByRole("button", { name: STEP.person }).click();
  await expect(page.getByRole("alert").first()).toContainText("4 fields need a change.");
  await expect(field(/^First name/)).toHaveAccessibleDescription(/takes no symbols or emojis/);
  await expect(field(/^Postal code/)).toHaveAccessibleDescription(/A German postal code has 5 digits/);
  await expect(page.getByRole("combobox", { name: /^Country of residence/ })).toHaveAccessibleDescription(/reside in Germany/);
  await expect(field(/^Data processing agreed/)).toHaveAccessibleDescription(/Give the moment in UTC/);
  await expect(field(/^Customer reference/)).toHaveValue(reference);
  await expect(field(/^Last name/)).toHaveValue("Doe");
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints, 422);
});

test("a launch is left after each step and taken up on the check's page", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("vi-steps");
  const named = auto("HAPPYPATH", "Stepwise");
  await page.goto("/checks/new/video");
  await expect(page.getByRole("list", { name: steps }).getByRole("listitem").first()).toHaveAttribute("aria-current", "step");
  await expectNoAxeViolations(page);
  const id = await launchPerson(page, named, reference);
  await expectNoAxeViolations(page);

  await page.goto(`/checks?tab=running&kind=video_ident&q=${reference}`);
  await page.getByRole("link", { name: /Stepwise/ }).first().click();
  expect(idOfPage(page)).toBe(id);
  await expect(panel(page)).toContainText("There is nothing to decide before a session was requested.");
  await page.getByRole("combobox", { name: /^The customer's identity document/ }).selectOption("other");
  await page.getByRole("combobox", { name: /^Language/ }).selectOption({ label: "English" });
  await page.getByRole("button", { name: STEP.identification }).click();
  await expect(page.getByRole("combobox", { name: /^Proof of address/ })).toHaveAccessibleDescription(/does not show the address/);
  await expectNoAxeViolations(page);
  await page.getByRole("combobox", { name: /^The customer's identity document/ }).selectOption("DEU-BO-02001");
  await page.getByRole("button", { name: STEP.identification }).click();

  await expectToAppear(page, page.getByRole("region", { name: "Supported documents" }));
  await expect(page.getByRole("row", { name: /^Identity card/ })).toContainText("Germany (DE)");
  await expectNoAxeViolations(page);
  await page.goto("/");
  await page.goto(`/checks/${id}`);
  await page.getByRole("button", { name: STEP.session }).click();
  await untilState(page, "successful");
  await expect(page.getByRole("list", { name: steps })).toHaveCount(0);
  expectNoComplaints(complaints, 422);
});

test("the customer's address is copied, the reference stays masked, and a supervisor reveals it once", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("vi-link");
  const last = `Kunde${Date.now().toString(36).replace(/\d/g, "")}`;
  const id = await launchVideo(page, { first: "Wartende", last }, reference);
  await expectToAppear(page, page.getByRole("heading", { level: 2, name: "The customer's address" }));
  await expect(page.getByText(/valid until .* \(13 d|valid until .* \(14 d/).first()).toBeVisible();
  const [known] = await identificationsOf(last);
  const secret = String(known?.reference);
  expect(secret.length).toBeGreaterThan(3);
  await page.getByText("QR code", { exact: true }).click();
  await expect(page.getByRole("img", { name: "QR code of the link" })).toBeVisible();
  await expect(page.getByText(/TST-•••••/).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Reveal" })).toHaveCount(0);
  await expect(page.getByText("Seeing it takes a person who is supervisor.").first()).toBeVisible();
  await expectNoAxeViolations(page);
  if (withScripts()) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const noted = page.waitForRequest((request) => request.url().endsWith("/api/video/copied"));
    await page.locator("[data-copied-api='/api/video/copied']").getByRole("button", { name: /^Copy/ }).click();
    await noted;
  }

  await actAs(page, "sofia");
  await page.goto(`/checks/${id}`);
  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "IDnow reference" })).toBeVisible();
  await expect(page.getByText(/Never give this to the customer/)).toBeVisible();
  await expect(page.getByText(secret, { exact: true })).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByRole("link", { name: "Done" }).click();
  await expect(page.getByText("IDnow reference revealed").first()).toBeVisible();
  expectNoComplaints(complaints);
});

test("changed data are marked, judged and accepted", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("vi-changed");
  await launchVideo(page, auto("CHANGEALL", "Verändert"), reference);
  await untilState(page, "successful");
  await expect(page.getByText("Services may be offered").first()).toBeVisible();
  await expect(page.getByText("the session changed or added data")).toBeVisible();
  const row = page.getByRole("region", { name: "The customer" }).getByRole("row", { name: /^First name/ });
  await expect(row).toContainText("Verändert");
  await expect(row).toContainText("changed in the session");
  await expect(page.getByRole("region", { name: "The identity document" })).toBeVisible();
  await expect(findings(page).first()).toBeVisible();
  await expectNoAxeViolations(page);
  await judgeAll(page, "False positive");
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await panel(page).getByLabel("Reason to accept").selectOption({ label: "Differences are explained and harmless" });
  await decisionComment(page).fill("The document has more letters than the form.");
  await panel(page).getByRole("button", { name: withScripts() ? "Accept" : /decide|accept/i }).first().click();
  await expect(page.getByText("Decided. It is recorded here.")).toBeVisible();
  expectNoComplaints(complaints, 422);
});

test("somebody else than was sent must be judged, although no session is shown", async ({ page }) => {
  const complaints = collectComplaints(page);
  await launchVideo(page, { first: "X-AUTOTEST-HAPPYPATH", last: "Test Another Person" }, newReference("vi-another"));
  await untilState(page, "successful");
  await expectToAppear(page, findings(page).first());
  for (const label of ["First name", "Birth date", "Nationality", "Mobile number"]) {
    const finding = findings(page).filter({ hasText: `${label}: changed at Solaris since the check began` });
    await expect(finding).toHaveCount(1);
  }
  await expect(findings(page).filter({ hasText: "Birth date: changed" })).toContainText("1990-06-21");
  await expect(findings(page).filter({ hasText: "whether it changed anything is not known" })).toHaveCount(1);
  await expect(page.getByText("the session changed nothing")).toHaveCount(0);
  await expect(page.getByText("the person's data are not as they were sent")).toBeVisible();
  await expectNoAxeViolations(page);

  await expect(panel(page).getByText(/5 .* are not judged yet\. Judge them before you accept\./)).toBeVisible();
  await judgeAll(page, "Relevant");
  await panel(page).getByRole("radio", { name: /^Reject/ }).check();
  await panel(page).getByLabel("Reason to reject").selectOption({ index: 1 });
  await decisionComment(page).fill("Somebody else sat in the session.");
  await panel(page).getByRole("button", { name: withScripts() ? "Reject" : /decide|reject/i }).first().click();
  await expect(page.getByText("Decided. It is recorded here.")).toBeVisible();
  expectNoComplaints(complaints);
});

test("what accepting means is said while IDnow still reviews", async ({ page }) => {
  await launchVideo(page, auto("LONGREVIEW", "Geduldig"), newReference("vi-long"));
  await untilState(page, "successful, under review at IDnow");
  await expect(page.getByText("Services may be offered; the review may still take it back")).toBeVisible();
  await panel(page).getByRole("radio", { name: /^Accept/ }).check();
  await expect(panel(page).getByText(/If you accept now and the review ends badly, you are alarmed/)).toBeVisible();
  await expectNoAxeViolations(page);
});

test("an aborted session is explained, and a new one is requested", async ({ page }) => {
  await launchVideo(page, auto("ABORTIDENT", "Abgebrochen"), newReference("vi-aborted"));
  await untilState(page, "aborted, can be tried again");
  const row = page.getByRole("region", { name: "Sessions" }).getByRole("row", { name: /^No\. 1/ });
  await expect(row).toContainText("The picture was too poor to recognise customer or document.");
  await expect(row).toContainText("can be repeated · caused by the customer");
  await expect(row).toContainText("Ask for another device or a better camera");
  await expectNoAxeViolations(page);
  await page.getByText("Request a new session", { exact: true }).first().click();
  await expect(page.getByText(/A new request asks IDnow once more/)).toBeVisible();
  await page.getByRole("button", { name: "Request a new session" }).click();
  await expectToAppear(page, page.getByRole("heading", { level: 2, name: "The customer's address" }));
});

test("an alarm stands before everything else until somebody says what was done", async ({ page }) => {
  const complaints = collectComplaints(page);
  const id = await launchVideo(page, auto("FRAUDREVIEW", "Alarmierend"), newReference("vi-alarm"));
  await untilState(page, "failed for good");
  await page.goto("/");
  const block = page.getByRole("region", { name: /^Alarms/ });
  await expect(block).toContainText("failed for good after services could be offered");
  await expectNoAxeViolations(page);
  await block.getByRole("link", { name: /Alarmierend/ }).first().click();
  expect(idOfPage(page)).toBe(id);
  await page.getByRole("button", { name: "Settle the alarm" }).click();
  await expect(page.getByRole("textbox", { name: /^What was done about it/ })).toHaveAttribute("aria-invalid", "true");
  await expectNoAxeViolations(page);
  await page.getByRole("textbox", { name: /^What was done about it/ }).fill("The account is blocked, the customer was told.");
  await page.getByRole("button", { name: "Settle the alarm" }).click();
  await expect(page.getByText("The alarm was settled.")).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("region", { name: /^Alarms/ }).getByRole("link", { name: /Alarmierend/ })).toHaveCount(0);
  expectNoComplaints(complaints, 422);
});

test("documents are listed, looked at, downloaded and added", async ({ page }) => {
  const complaints = collectComplaints(page);
  const id = await launchVideo(page, auto("HAPPYPATH", "Belegt"), newReference("vi-documents"));
  await untilState(page, "successful");
  const list = page.getByRole("region", { name: "Documents", exact: true });
  await expectToAppear(page, list.getByRole("link", { name: /^Download / }).first(), 40_000);
  const download = page.waitForEvent("download");
  await list.getByRole("link", { name: /^Download / }).first().click();
  expect((await download).suggestedFilename()).toMatch(/^[0-9a-f]{16}\.\w+$/);
  await page.getByText("Add a document", { exact: true }).click();
  await page.getByRole("button", { name: "Send to Solaris" }).click();
  await expect(page.locator("#document_type")).toHaveAttribute("aria-invalid", "true");
  await expectNoAxeViolations(page);
  const letter = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
  await page.locator("#file").setInputFiles({ name: "gas-bill.pdf", mimeType: "application/pdf", buffer: letter });
  await page.getByRole("combobox", { name: /^Type/ }).selectOption({ label: "Proof of address" });
  await page.getByRole("button", { name: "Send to Solaris" }).click();
  await expect(page.getByText("The document is sent to Solaris", { exact: false })).toBeVisible();
  await expectToAppear(page, list.getByRole("row", { name: /Proof of address.*gas-bill\.pdf/ }), 40_000);

  const answer = await page.request.get(`/checks/${id}/documents/unknown`);
  expect(answer.status()).toBe(404);
  expectNoComplaints(complaints, 422);
});

test("a customer whom Solaris knows is found again, and the person is changed there", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("vi-again");
  await launchVideo(page, auto("HAPPYPATH", "Bekannt"), reference);
  await untilState(page, "successful");

  await page.goto(`/customers/${reference}`);
  await page.getByRole("link", { name: /^Person at / }).click();
  await expect(page.getByRole("heading", { level: 2, name: /^Identifications 1/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "Open the check" })).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByText("Work and income", { exact: true }).click();
  await page.getByRole("textbox", { name: /^Employment/ }).fill("FREELANCER");
  await page.getByRole("button", { name: "Send the change to Solaris" }).click();
  await expect(page.getByRole("textbox", { name: /^NACE code/ })).toHaveAccessibleDescription(/needs a NACE code in the same change/);
  await expect(page.getByRole("textbox", { name: /^Employment/ })).toHaveValue("FREELANCER");
  await expectNoAxeViolations(page);
  await page.getByRole("textbox", { name: /^NACE code/ }).fill("62.01");
  await page.getByRole("button", { name: "Send the change to Solaris" }).click();
  await expectToAppear(page, page.getByText("Solaris made the last change.").first());
  await expect(page.getByText("FREELANCER").first()).toBeVisible();

  await page.goto(`/checks/new/video?customer=${reference}`);
  await expect(page.getByRole("textbox", { name: /^Customer reference/ })).toHaveValue(reference);
  await fillPerson(page, auto("HAPPYPATH", "Bekannt"), reference);
  await page.getByRole("button", { name: STEP.person }).click();
  const anyway = page.getByRole("button", { name: "Send the person anyway" });
  await expect(anyway).toBeVisible();
  await anyway.click();
  await expectToAppear(page, page.getByText(/Solaris knows this customer already/));
  await expectNoAxeViolations(page);
  expectNoComplaints(complaints, 422);
});

test("a failed identification is rejected, and run again with what was typed", async ({ page }) => {
  const reference = newReference("vi-failed");
  await launchVideo(page, auto("FRAUDIDENT", "Verdächtig"), reference);
  await untilState(page, "failed for good");
  await expect(page.getByText("No services may be offered").first()).toBeVisible();
  await expect(page.getByText("No reason is disclosed for this, to nobody.", { exact: false }).first()).toBeVisible();
  if ((await findings(page).count()) > 0) await judgeAll(page, "Relevant");
  await panel(page).getByRole("radio", { name: /^Reject/ }).check();
  await panel(page).getByLabel("Reason to reject").selectOption({ index: 1 });
  await decisionComment(page).fill("Failed for good at Solaris.");
  await panel(page).getByRole("button", { name: withScripts() ? "Reject" : /decide|reject/i }).first().click();
  await expect(page.getByText("Decided. It is recorded here.")).toBeVisible();
  await page.getByRole("link", { name: "Run it again" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Run the check again" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: /^First name/ })).toHaveValue("Verdächtig");
  await expect(page.getByRole("textbox", { name: /^Street/ })).toHaveValue("Alexanderplatz");
});

test("raw evidence shows no reference to whoever may not see it", async ({ page }) => {
  const last = `Stumm${Date.now().toString(36).replace(/\d/g, "")}`;
  await launchPerson(page, { first: "Stille", last }, newReference("vi-raw"));
  await makeIdentification(page);
  await page.getByRole("button", { name: STEP.session }).click();
  await expectToAppear(page, page.getByRole("heading", { level: 2, name: "The customer's address" }));
  const secret = String((await identificationsOf(last))[0]?.reference);
  await page.getByText("Raw evidence", { exact: true }).click();
  const open = page.getByRole("row", { name: /^Identification, as Solaris shows it/ }).last().getByRole("link", { name: "Open" });
  const path = await open.getAttribute("href");
  await open.click();
  await expect(page.getByText("What Solaris said, reference and address masked")).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  await expectNoAxeViolations(page);
  expect((await page.request.get(`${path}?as=file`)).status()).toBe(403);
});
