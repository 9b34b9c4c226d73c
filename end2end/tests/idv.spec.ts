// Anna verifies identities: uploads, links and tokens, what comes back, and what follows.
// Told both ways: pictures are chosen, kept and looked at with the tools of a script, and in a plain form.
import { expect, test } from "@playwright/test";

import { decisionComment, findings, newReference, panel, untilOutcome } from "./checks";
import {
  actAs,
  awake,
  collectComplaints,
  expectNoAxeViolations,
  expectNoComplaints,
  expectToAppear,
  SANDBOX_URL,
  sendOff,
  tasks,
  withScripts,
} from "./helpers";
import { asking, choosePictures, fillIdvForm, launchIdv, MUELLER, playCustomer, SEND, specimen, spoiled, verificationOf } from "./idv";
import { told } from "./told";

test.beforeEach(async ({ page }) => {
  await actAs(page, "anna");
});

test("an upload is refused beside its fields, and nothing typed or chosen is lost", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("idv-refused");
  await fillIdvForm(page, "upload", { ...MUELLER, birthDate: "1990-02-30" }, reference);
  await choosePictures(page, MUELLER);
  await page.getByRole("button", { name: SEND.upload }).click();
  await expect(page.getByRole("alert").filter({ hasText: "One field needs a change." })).toBeVisible({ timeout: 30_000 });
  const born = page.getByRole("textbox", { name: /^Birth date/ });
  await expect(born).toHaveAccessibleDescription(/This day does not exist\./);
  await expect(page.getByText(/Kept: front\.png, PNG, 1,200 × 760 pixels/)).toBeVisible();
  await expect(page.getByText(/Kept: face\.jpg, JPEG/)).toBeVisible();
  await expectNoAxeViolations(page);

  await born.fill(MUELLER.birthDate);
  await sendOff(page, SEND.upload);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible({ timeout: 30_000 });
  await untilOutcome(page);
  expect(await verificationOf(reference)).toMatchObject({ name: MUELLER.name, way: "upload" });
  expectNoComplaints(complaints, 422);
});

test("pictures that the provider would not take are refused in words, by browser and server alike", async ({ page }) => {
  const reference = newReference("idv-pictures");
  for (const [file, words] of [
    ["not-a-picture.png", /This is not a JPEG or PNG picture/],
    ["too-small.png", /Its longest side must be above 300/],
    ["too-wide.png", /Each side must be below 8,000/],
  ] as const) {
    await fillIdvForm(page, "upload", MUELLER, reference);
    await choosePictures(page, MUELLER);
    await page.locator("#front").setInputFiles(await spoiled(file));
    await page.getByRole("button", { name: SEND.upload }).click();
    await expect(page.locator("#front-error"), file).toHaveText(words, { timeout: 30_000 });
  }
  await fillIdvForm(page, "upload", MUELLER, reference);
  await page.getByRole("button", { name: SEND.upload }).click();
  await expect(page.locator("#front-error")).toHaveText("Choose a picture of the document's front.");
  await expect(page.locator("#back-error")).toContainText("KryptoGO needs it for identity cards");
  await expect(page.locator("#face-error")).toContainText("or of the person holding the document");
});

test("a swapped birthday is marked, judged and rejected; the decision stays here", async ({ page }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("idv-swapped");
  await launchIdv(page, "upload", asking("Test Idv Review 501"), reference);
  await untilOutcome(page);
  await expect(page.getByText("review (501)").first()).toBeVisible();

  const row = page.getByRole("row", { name: /^Birth date/ });
  await expect(row).toContainText("1984-09-05");
  await expect(row).toContainText("1984-05-09");
  await expect(row).toContainText("Day and month are swapped.");
  await expect(row.locator("mark").first()).toBeVisible();
  await expect(page.getByRole("row", { name: /^Name/ })).toContainText("match");

  const finding = findings(page).first();
  await expect(finding).toContainText("What to do next");
  await expect(panel(page)).toContainText("1 finding is not judged yet.");
  for (const name of ["Front of the document", "Back of the document", "The customer's face"]) {
    const picture = page.getByRole("img", { name: new RegExp(name) });
    await expect(picture).toBeVisible();
    expect(await picture.evaluate((img) => (img as HTMLImageElement).naturalWidth), name).toBeGreaterThan(300);
  }
  await expectNoAxeViolations(page);

  const relevant = finding.getByRole("button", { name: "Relevant", exact: true });
  await relevant.click();
  await expect(relevant).toHaveAttribute("aria-pressed", "true");
  await panel(page).getByRole("radio", { name: /^Reject/ }).check();
  await panel(page).getByLabel("Reason to reject").selectOption({ label: "Data differ from what the customer gave" });
  await decisionComment(page).fill("Day and month are swapped on the document; the customer has to explain.");
  await panel(page).getByRole("button", { name: withScripts() ? "Reject" : /Decide|Reject/ }).first().click();
  await expect(page.getByText("Decided. It is recorded here.")).toBeVisible();
  await expect(panel(page)).toContainText("KryptoGO takes no decision on this kind of check");
  expect((await tasks()).filter((task) => task.customer_reference === reference), "nothing was told").toHaveLength(0);
  expectNoComplaints(complaints);
});

test("a link is shown once, opened by the customer, and its outcome has its due diligence linked both ways", async ({ page, context }) => {
  const complaints = collectComplaints(page);
  const reference = newReference("idv-link");
  await fillIdvForm(page, "link", { ...MUELLER, name: "Emily Clarke", country: "GBR" }, reference);
  await page.getByLabel("Due diligence afterwards").selectOption({ label: "By KryptoGO, as soon as it accepts" });
  await page.getByLabel("Search setting").selectOption({ index: 0 });
  await sendOff(page, SEND.link);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  const address = page.url().split("?")[0] as string;

  await expectToAppear(page, page.getByRole("button", { name: "Show the link, once" }));
  await page.getByRole("button", { name: "Show the link, once" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Link for the customer" })).toBeVisible();
  const link = (await page.locator(".secret code").textContent()) ?? "";
  expect(link.startsWith(SANDBOX_URL), link).toBe(true);
  await expect(page.getByRole("img", { name: "QR code of the link" })).toBeVisible();
  expect(await page.getByRole("link", { name: "Write an e-mail" }).getAttribute("href")).toContain(encodeURIComponent(link));
  expect(page.url(), "the link is in no address").not.toContain(link.split("/").pop() as string);
  await expectNoAxeViolations(page);

  await page.goto(address);
  await expect(page.getByText("It cannot be shown again")).toBeVisible();
  await expect(page.getByRole("button", { name: "Show the link, once" })).toHaveCount(0);

  const customer = await context.newPage();
  await customer.goto(link);
  await expect(customer.getByRole("heading", { level: 1 })).toBeVisible();
  await customer.close();
  await playCustomer(reference);
  await untilOutcome(page);
  await expectToAppear(page, page.getByRole("img", { name: /Front of the document/ }));

  await expectToAppear(page, page.getByText("follows from this check"));
  await page.getByRole("link", { name: "Due diligence, person" }).first().click();
  await expect(page.getByText("This check follows from")).toBeVisible();
  await page.getByRole("link", { name: "an ID verification" }).click();
  await expect(page).toHaveURL(new RegExp(`${new URL(address).pathname}`));
  expectNoComplaints(complaints);
});

test("a token for the mobile SDK tells how long it works", async ({ page }) => {
  const reference = newReference("idv-token");
  await launchIdv(page, "token", { ...MUELLER, name: "Łukasz Wójcik", country: "POL" }, reference);
  await expectToAppear(page, page.getByRole("button", { name: "Show the token, once" }));
  await page.getByRole("button", { name: "Show the token, once" }).click();
  await expect(page.getByText(/It works for \d+ min more, until /)).toBeVisible();
  expect(((await page.locator(".secret code").textContent()) ?? "").split(".")).toHaveLength(3);
  await expectNoAxeViolations(page);
});

test("links and tokens that cannot be sent are refused beside their fields", async ({ page }) => {
  await fillIdvForm(page, "link", MUELLER, newReference("idv-urls"));
  await page.getByRole("textbox", { name: /^Address after success/ }).fill("http://localhost/done");
  await page.getByRole("button", { name: SEND.link }).click();
  await expect(page.getByRole("textbox", { name: /^Address after success/ })).toHaveAccessibleDescription(/begins with https:\/\//);
  await expectNoAxeViolations(page);
});

test("texts that try to run a script stay texts", async ({ page }) => {
  const complaints = collectComplaints(page);
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await launchIdv(page, "upload", asking("Test Idv Script"), newReference("idv-script"));
  await untilOutcome(page);
  await expect(page.getByRole("table", { name: /./ }).or(page.locator("table.fieldwise"))).not.toHaveCount(0);
  await expect(page.getByText("<script>").first()).toBeVisible();
  expect(dialogs).toBe(0);
  expectNoComplaints(complaints);
});

test("pictures are looked at by keyboard alone",
    told("with scripts", "the tools are the script's own; without it the pictures stand in order"), async ({ page }) => {
  await launchIdv(page, "upload", MUELLER, newReference("idv-viewer"));
  await untilOutcome(page);
  await awake(page);
  const said = page.locator("[data-said]");
  await page.keyboard.press("v");
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await expect(said).toContainText("%");
  const image = page.getByRole("img", { name: /Front of the document/ });
  const scaled = () => image.evaluate((img) => img.getBoundingClientRect().width);
  const large = await scaled();
  await page.keyboard.press("t");
  await page.keyboard.press("0");
  await expect.poll(scaled).toBeLessThan(large);
  await page.keyboard.press("d");
  await expect(page.locator("[data-panes]")).toHaveAttribute("data-layout", "pair");
  await expect(page.getByRole("img", { name: /Back of the document/ })).toBeHidden();
  await page.keyboard.press("o");
  await expect(page.locator("[data-panes]")).toHaveAttribute("data-layout", "overlay");
  await expect(page.getByRole("slider", { name: "Face" })).toBeVisible();
  await page.keyboard.press("g");
  await expect(page.locator("[data-panes]")).toHaveAttribute("data-layout", "all");
  await expectNoAxeViolations(page);
});

test("a chosen picture is previewed, turned and sent turned",
    told("with scripts", "without a script there is no preview"), async ({ page }) => {
  const reference = newReference("idv-turned");
  await fillIdvForm(page, "upload", MUELLER, reference);
  await awake(page);
  await choosePictures(page, MUELLER);
  await expect(page.locator("#front-about")).toContainText("1,200 × 760");
  await page.getByRole("button", { name: "Turn: Front" }).click();
  await sendOff(page, SEND.upload);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible({ timeout: 30_000 });
  await untilOutcome(page);
  await expect(page.getByText(/JPEG · 760 × 1,200/)).toBeVisible();
});

test("an admin sees neither picture nor link",
    told("once", "pictures and pages are asked for by a program, and only its answers count"), async ({ page }) => {
  const id = await launchIdv(page, "upload", MUELLER, newReference("idv-admin"));
  await untilOutcome(page);
  const picture = await page.getByRole("img", { name: /Front of the document/ }).getAttribute("src");
  const headers = (await page.request.get(picture ?? "")).headers();
  expect(headers).toMatchObject({ "content-type": "image/jpeg", "x-content-type-options": "nosniff", "cache-control": "no-store" });
  expect(headers["content-security-policy"]).toBe("default-src 'none'; sandbox; frame-ancestors 'none'");
  expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
  await actAs(page, "adam");
  for (const address of [picture ?? "", `/checks/${id}`, "/checks/new/id"]) {
    expect((await page.request.get(address)).status(), address).toBe(403);
  }
});

test("the specimens are what they say", told("once", "it opens no page: a file comes from the sandbox"), async () => {
  const front = await specimen(MUELLER.specimen, "front.png");
  expect(front.buffer.subarray(1, 4).toString()).toBe("PNG");
});
