// What the stories share: signing in, looking for faults on a page, asking the sandbox what it
// was told. Finds things as people do, by role and label.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type BrowserContext, type Locator, type Page } from "@playwright/test";

/** The accounts that the demo makes; they share one password. */
export type Account = "anna" | "ben" | "sofia" | "adam";

export const SANDBOX_URL = process.env.SANDBOX_URL || "http://127.0.0.1:3999";
const DEMO_PASSWORD = process.env.PROBITY_DEMO_PASSWORD || "correct horse desk staple";

const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Which database the desk of this run stands on. */
export const STORE = process.env.PROBITY_STORE || "sqlite";

/** Signs in with the login form and waits until the desk has let the account in. */
export async function signIn(page: Page, account: Account): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Account").fill(account);
  await page.getByLabel("Password").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/\/login/);
}

type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;
const sessions = new Map<Account, { cookies: Cookies; since: number }>();

/**
 * How old a shared session of an admin or supervisor may be: changes of people, roles, policies and connections take a factor of
 * the last five minutes, and a story may take two.
 */
const FRESH_MS = 150_000;

/**
 * Opens the start page as this account. Stories that are not about signing in share one session
 * for each account, which spares the desk the hashing of a password.
 */
export async function actAs(page: Page, account: Account): Promise<void> {
  const known = sessions.get(account);
  await page.context().clearCookies();
  if (known && !(account !== "anna" && account !== "ben" && Date.now() - known.since > FRESH_MS)) {
    await page.context().addCookies(known.cookies);
    await page.goto("/account");
    if (await page.getByRole("heading", { name: "Look" }).isVisible()) return;
    await page.context().clearCookies();
  }
  await signIn(page, account);
  sessions.set(account, { cookies: await page.context().cookies(), since: Date.now() });
}

/** Whether this project runs the pages' scripts. */
export function withScripts(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}

/** Waits until the page's scripts listen: a key that is pressed before does nothing. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-awake", "");
}

/**
 * Waits for something that the desk or the provider does by itself: it shows up on the open page
 * when scripts run, and on a reloaded one when they do not.
 */
export async function expectToAppear(page: Page, what: Locator, timeout = 20_000): Promise<void> {
  if (withScripts()) {
    await expect(what).toBeVisible({ timeout });
    return;
  }
  await expect(async () => {
    if (!(await what.isVisible())) await page.reload();
    await expect(what).toBeVisible({ timeout: 250 });
  }).toPass({ timeout, intervals: [250, 500, 1_000] });
}

/** Expects no complaints but those about answers with these statuses, which the story asked for. */
export function expectNoComplaints(complaints: string[], ...statuses: number[]): void {
  const asked = statuses.map((status) => `the server responded with a status of ${status} `);
  expect(complaints.filter((complaint) => !asked.some((words) => complaint.includes(words)))).toEqual([]);
}

/** Expects axe to find nothing on the page, by the rules of WCAG 2.2 A and AA and good practice. */
export async function expectNoAxeViolations(page: Page): Promise<void> {
  const withoutScripts = test.info().project.use.javaScriptEnabled === false;
  const violations = withoutScripts ? await axeOnCopy(page) : await axe(page);
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map((node) => node.target.join(" ")),
  }));
  expect(found).toEqual([]);
}

async function axe(page: Page) {
  // The desk has no frames; without looking for any, axe takes a third of the time.
  return (await new AxeBuilder({ page }).withTags(AXE_TAGS).setLegacyMode().analyze()).violations;
}

/**
 * Runs axe, which is a script itself, on a copy of a page that runs none: the very HTML that
 * stands there now, with its style sheets, at the same address in a second context.
 */
async function axeOnCopy(page: Page) {
  const browser = page.context().browser();
  if (!browser) throw new Error("The page has no browser any more.");
  const html = (await page.content())
    .replace(/<script\b[^]*?<\/script>/gi, "")
    .replace(/<\/?noscript>/gi, "");
  const context = await browser.newContext({
    // Said out loud: Playwright hands the project's own settings to every new context.
    javaScriptEnabled: true,
    viewport: page.viewportSize(),
    colorScheme: (await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)) ? "dark" : "light",
    storageState: await page.context().storageState(),
  });
  try {
    const copy = await context.newPage();
    await copy.route(page.url(), (route) => route.fulfill({ contentType: "text/html", body: html }));
    await copy.goto(page.url());
    return await axe(copy);
  } finally {
    await context.close();
  }
}

/**
 * Collects what the browser complains about from now on: errors in the console (among them each
 * breach of the content security policy), uncaught exceptions and failed requests.
 */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (questioned.has(page) && message.text().includes("status of 422 ")) return;
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A navigation away ends what the old page was still loading; that is no fault.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") complaints.push(`request: ${request.url()} ${reason}`);
  });
  return complaints;
}

/** Pages that were asked something before they launched: such a question is answered with 422, and the browser says so. */
const questioned = new WeakSet<Page>();

/**
 * Sends a launch form off with its button. Stories launch about the same people again and again: whoever is shown as known under
 * another reference is launched about all the same.
 */
export async function sendOff(page: Page, button = "Launch at KryptoGO"): Promise<void> {
  const anyway = page.getByRole("button", { name: /anyway/ });
  questioned.add(page);
  await page.getByRole("button", { name: button, exact: true }).click();
  await expect(anyway.or(page.getByRole("link", { name: "‹ Queue" }))).toBeVisible({ timeout: 30_000 });
  if (await anyway.isVisible()) {
    await expect(page.getByRole("alert").filter({ hasText: "seems to be known under another reference" })).toBeVisible();
    await anyway.click();
  }
}

/** What the sandbox answers is the sandbox's own; stories pick the fields that they are about. */
export type SandboxRecord = Record<string, unknown>;

/** The tasks that the sandbox was asked to do. */
export function tasks(): Promise<SandboxRecord[]> {
  return control("tasks");
}

/** The requests that the sandbox has received, oldest first. */
export function requests(): Promise<SandboxRecord[]> {
  return control("requests");
}

async function control(what: string): Promise<SandboxRecord[]> {
  const response = await fetch(`${SANDBOX_URL}/control/${what}`);
  expect(response.status, `the sandbox's /control/${what}`).toBe(200);
  return (await response.json()) as SandboxRecord[];
}
