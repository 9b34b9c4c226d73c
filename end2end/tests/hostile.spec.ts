// S-43, S-10: hostile texts in a real browser, which carries out what it reads. The texts are those of server/tests/hostile,
// where each stands in every parameter, field and answer and is read by the rules of HTML; here a part of them is looked at by
// Chromium: nothing comes to life, nothing is fetched, nobody is led away.
// Told with scripts only: without scripts little could come to life; the walk in Rust reads the same pages.
import { readFileSync } from "node:fs";

import { expect, test, type Page } from "@playwright/test";

import { newReference } from "./checks";
import { actAs, awake, collectComplaints, expectNoComplaints } from "./helpers";

const WRITTEN_OUT: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };

/** The texts, with what the file writes out. */
const texts = readFileSync(new URL("../../server/tests/hostile/own.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && line !== "#" && !line.startsWith("# "))
  .map((line) =>
    line.replace(/\\(u\{([0-9a-fA-F]+)\}|[nrt0\\])/g, (_, escape: string, code?: string) =>
      code === undefined ? (WRITTEN_OUT[escape] ?? "") : String.fromCodePoint(parseInt(code, 16)),
    ),
  );

/** Addresses whose parameters a page shows again, or goes by. */
const PLACES = [
  (text: string) => `/checks?q=${text}`,
  (text: string) => `/checks?tab=all&name=${text}&assignee=${text}`,
  (text: string) => `/customers?q=${text}`,
  (text: string) => `/journal?about=${text}&by=${text}`,
  (text: string) => `/decisions?person=${text}&outcome=${text}`,
  (text: string) => `/login?again=1&to=${text}`,
  (text: string) => `/nothing-here/${text}`,
  (text: string) => `/checks/new?again=${text}&done=${text}`,
];

/** Gathers requests that no page of ours makes, and whatever asks the reader something. */
function collectStrangeRequests(page: Page): string[] {
  const strange: string[] = [];
  const desk = new URL(process.env.PROBITY_URL || "http://127.0.0.1:3000").origin;
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOurs = url.origin === desk && (request.isNavigationRequest() || !url.href.includes("zqx"));
    if (!isOurs && url.protocol !== "data:") strange.push(`${request.resourceType()} ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    strange.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return strange;
}

/** What on the open page is named by a value, runs by an attribute, or leads elsewhere. */
function aliveOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const alive: string[] = [];
    for (const element of document.querySelectorAll("*")) {
      if (element.localName.includes("zqx") || element.id.includes("zqx")) alive.push(element.outerHTML.slice(0, 200));
      for (const { name, value } of element.attributes) {
        if (name.includes("zqx") || name.startsWith("on")) alive.push(`${element.localName} ${name}="${value}"`);
        const leads = ["href", "src", "action", "formaction", "data", "srcdoc", "poster", "xlink:href"].includes(name);
        const origin = URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI).origin : "nowhere";
        if (leads && value !== "" && origin !== location.origin && !value.startsWith("data:image/")) {
          alive.push(`${element.localName} ${name}="${value}"`);
        }
      }
    }
    for (const lost of document.querySelectorAll("base, iframe, object, embed, plaintext, xmp, noembed, meta[http-equiv=refresh]")) {
      alive.push(lost.outerHTML.slice(0, 200));
    }
    if ("zqx" in window) alive.push("window.zqx");
    return alive;
  });
}

test("what looks for life on a page finds it", async ({ page }) => {
  const strange = collectStrangeRequests(page);
  await page.goto("/login");
  expect(await aliveOn(page)).toEqual([]);
  await page.evaluate(() => {
    const link = document.createElement("a");
    link.setAttribute("href", "javascript:zqx()");
    link.setAttribute("onclick", "zqx()");
    document.querySelector("main")?.append(link, document.createElement("zqx"), document.createElement("base"));
    const picture = document.createElement("img");
    picture.src = "/zqx.png";
    document.body.append(picture);
  });
  expect(await aliveOn(page)).toHaveLength(4);
  await expect.poll(() => strange.length).toBe(1);
});

test("hostile texts in an address come to nothing on the page that answers", async ({ page }) => {
  test.setTimeout(480_000);
  const strange = collectStrangeRequests(page);
  await actAs(page, "sofia");
  expect(texts.length).toBeGreaterThan(250);
  for (const [n, text] of texts.entries()) {
    if (n % 3 !== 0) continue; // the walk in Rust takes them all, and each page here takes a moment
    const place = PLACES[n % PLACES.length];
    if (!place) continue;
    await page.goto(place(encodeURIComponent(text)));
    expect(await aliveOn(page), `${n}: ${text}`).toEqual([]);
    await expect(page.locator("main")).toHaveCount(1);
  }
  expect(strange).toEqual([]);
});

test("hostile names and comments stay text on every page that shows them", async ({ page }) => {
  test.setTimeout(360_000);
  const complaints = collectComplaints(page);
  const strange = collectStrangeRequests(page);
  await actAs(page, "anna");
  const mark = newReference("hostile");
  const names = texts.filter((text, n) => n % 5 === 0 && !/[\n\r\0]/.test(text));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const lines = names.map((name, n) => `${mark}-${n},person,${quoted(name)},1990-06-21,DEU`);
  await page.goto("/checks/new/due-diligence/many");
  for (const source of ["Negative news", "Dow Jones", "Company register", "Court verdicts"]) {
    await page.getByRole("checkbox", { name: source }).uncheck();
  }
  const table = ["customer_reference,subject,name,birth_date,country", ...lines].join("\n");
  await page.locator("#file").setInputFiles({ name: `${mark}.csv`, mimeType: "text/csv", buffer: Buffer.from(table) });
  await page.getByRole("button", { name: "Look at the table" }).click();
  const launch = page.getByRole("button", { name: /^(Leave \d+ out and l|L)aunch \d+ checks?$/ });
  await expect(launch).toBeVisible();
  expect(await aliveOn(page)).toEqual([]);
  await launch.click();
  await expect(page.getByRole("heading", { name: new RegExp(mark) })).toBeVisible();
  expect(await aliveOn(page)).toEqual([]);

  await page.goto(`/checks?tab=all&q=${mark}`);
  expect(await aliveOn(page)).toEqual([]);
  const checks = await page.locator("main tbody a[href^='/checks/']").evaluateAll((all) => [...new Set(all.map((a) => a.getAttribute("href") ?? ""))]);
  expect(checks.length, "some names were taken").toBeGreaterThan(5);
  for (const [n, check] of checks.slice(0, 12).entries()) {
    await page.goto(check);
    expect(await aliveOn(page), check).toEqual([]);
    const comment = texts.slice(n * 24, n * 24 + 24).filter((text) => !text.includes("\0")).join("\n");
    await page.getByRole("textbox", { name: "Comment for colleagues" }).fill(comment.slice(0, 3_900));
    await page.getByRole("button", { name: "Add comment" }).click();
    await awake(page);
    expect(await aliveOn(page), `${check} with a comment`).toEqual([]);
    const customer = page.getByRole("link", { name: new RegExp(`^${mark}-\\d+$`) }).first();
    if (await customer.isVisible()) {
      await customer.click();
      await expect(page).toHaveURL(/\/customers\//);
      expect(await aliveOn(page), "the customer's page").toEqual([]);
    }
  }
  await page.goto(`/customers?q=${mark}`);
  expect(await aliveOn(page)).toEqual([]);
  await actAs(page, "sofia");
  await page.goto("/journal");
  expect(await aliveOn(page)).toEqual([]);
  expect(strange).toEqual([]);
  expectNoComplaints(complaints);
});
