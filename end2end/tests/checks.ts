// What stories do with checks: launch, find, judge, decide, and ask the sandbox what came of it.
import { expect, type Locator, type Page } from "@playwright/test";

import { expectToAppear, SANDBOX_URL, sendOff, tasks, withScripts, type SandboxRecord } from "./helpers";

/** A customer to launch a check about. Few sources keep the provider's search short. */
export interface Customer {
  name: string;
  birthDate?: string;
  country?: string;
  company?: boolean;
  sources?: Source[];
  /** The name of the connection to launch on; absent takes the first. */
  connection?: string;
}

export type Source = "Negative news" | "Sanction lists" | "Dow Jones" | "Company register" | "Court verdicts";
const ALL_SOURCES: Source[] = ["Negative news", "Sanction lists", "Dow Jones", "Company register", "Court verdicts"];

/** Known to the sandbox: an exposed person of the same name, born in another year. Medium risk. */
export const NAMESAKE: Customer = {
  name: "Søren Ødegård",
  birthDate: "1979-03-22",
  country: "NOR",
  sources: ["Dow Jones"],
};

/** Two sanction hits about other people of the name. Very high risk. */
export const TWO_SANCTIONS: Customer = {
  name: "Ahmed Hassan",
  birthDate: "1990-04-04",
  country: "EGY",
  sources: ["Sanction lists"],
};

/** One sanction hit. Very high risk. */
export const ONE_SANCTION: Customer = {
  name: "Đorđe Vukašinović-Črnjanski",
  birthDate: "1970-12-05",
  country: "SRB",
  sources: ["Sanction lists"],
};

/** A name that makes the sandbox misbehave as its first page says. One article is found. */
export function misbehaving(name: string): Customer {
  return { name, birthDate: "1980-01-01", country: "DEU", sources: ["Negative news"] };
}

let references = 0;

/** A customer reference that no other story uses, on this desk or on one that was used before. */
export function newReference(story: string): string {
  references += 1;
  return `${story}-${Date.now().toString(36)}-${references}`;
}

/** Fills the launch form, from the top. */
export async function fillLaunchForm(page: Page, customer: Customer, reference: string): Promise<void> {
  await page.goto("/checks/new");
  if (customer.company) await page.getByRole("radio", { name: /^Company/ }).check();
  await page.getByRole("textbox", { name: /^Customer reference/ }).fill(reference);
  await page.getByRole("textbox", { name: /^Name/ }).fill(customer.name);
  if (customer.birthDate) await page.getByRole("textbox", { name: /^Birth date/ }).fill(customer.birthDate);
  if (customer.country) await page.getByLabel("Country", { exact: true }).selectOption(customer.country);
  if (customer.connection) {
    await page.getByRole("combobox", { name: /^Connection/ }).selectOption({ label: customer.connection });
    // Each connection has its own settings; they stand in a group under its name.
    const setting = page.locator(`optgroup[label="${customer.connection}"] option`).first();
    if (await setting.count()) {
      await page.getByRole("combobox", { name: /^Search setting/ }).selectOption(await setting.getAttribute("value"));
    }
  }
  for (const source of ALL_SOURCES) {
    const asked = customer.sources?.includes(source) ?? true;
    await page.getByRole("checkbox", { name: source }).setChecked(asked);
  }
}

/** Launches a check and gives its id; its page stays open. */
export async function launch(page: Page, customer: Customer, reference: string): Promise<string> {
  await fillLaunchForm(page, customer, reference);
  await sendOff(page);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible();
  return idOfPage(page);
}

/** Saves a draft for each reference as the form would, from outside the page: quick, and no provider is asked. */
export async function saveDrafts(page: Page, name: string, references: string[]): Promise<string[]> {
  await page.goto("/checks/new");
  const chosen = (label: RegExp) => page.getByRole("combobox", { name: label }).inputValue();
  const [connection, search_setting] = [await chosen(/^Connection/), await chosen(/^Search setting/)];
  const ids: string[] = [];
  for (const customer_reference of references) {
    const id = crypto.randomUUID();
    const fields = { check_id: id, then: "draft", kind: "dd_kyc", connection, search_setting, customer_reference, name };
    const answer = await send(page, "/api/checks/launch", new URLSearchParams(fields).toString());
    expect(answer, `a draft of ${name}`).toMatchObject({ status: 303, location: `/checks/${id}/edit?done=draft` });
    ids.push(id);
  }
  return ids;
}

/** The id of the check whose page is open. */
export function idOfPage(page: Page): string {
  const id = new URL(page.url()).pathname.match(/^\/checks\/([0-9a-f-]{36})/)?.[1];
  if (!id) throw new Error(`${page.url()} is not the page of a check`);
  return id;
}

/** Waits on a check's page until its outcome is here. */
export async function untilOutcome(page: Page): Promise<void> {
  await expectToAppear(page, page.getByRole("heading", { level: 2, name: /^Findings/ }), 30_000);
}

/** The findings of the check, each as an item of a list. */
export function findings(page: Page): Locator {
  return page.getByRole("region", { name: /^Findings/ }).getByRole("listitem").filter({ has: page.getByRole("heading", { level: 4 }) });
}

/** Judges each finding in turn and waits until the page shows it. */
export async function judgeAll(page: Page, judgement: "Relevant" | "False positive"): Promise<void> {
  const count = await findings(page).count();
  expect(count, "findings to judge").toBeGreaterThan(0);
  for (let at = 0; at < count; at += 1) {
    const finding = findings(page).nth(at);
    const place = await finding.getAttribute("id");
    expect(place, "each finding has a place to come back to").toMatch(/^finding-\d+$/);
    const button = finding.getByRole("button", { name: judgement });
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
    if (!withScripts()) await expect(page).toHaveURL(new RegExp(`#${place}$`));
  }
}

/** The panel where a check is decided. */
export function panel(page: Page): Locator {
  return page.getByRole("complementary", { name: "Decision and comments" });
}

/** The comment that goes with a decision. */
export function decisionComment(page: Page): Locator {
  return panel(page).getByRole("textbox", { name: /^(Your comment|Comment)( required)?$/ });
}

/** Chooses the outcome, gives reason and comment, and sends the panel off. */
export async function decide(page: Page, outcome: "Accept" | "Reject" | "Withdraw", reason: string, comment: string): Promise<void> {
  await panel(page).getByRole("radio", { name: new RegExp(`^${outcome}`) }).check();
  await panel(page).getByLabel(`Reason to ${outcome.toLowerCase()}`).selectOption({ label: reason });
  await decisionComment(page).fill(comment);
  await panel(page).getByRole("button", { name: /^(Accept and tell|Reject and tell|Propose to|Withdraw$)/ }).click();
}

/** A well-known wallet of the sandbox. */
export async function wallet(chain: "btc" | "eth", label: string): Promise<string> {
  const all = (await (await fetch(`${SANDBOX_URL}/control/kya/addresses`)).json()) as { chain: string; label: string; address: string }[];
  const found = all.find((one) => one.chain === chain && one.label === label);
  expect(found, label).toBeDefined();
  return found?.address ?? "";
}

/** What the provider knows about the customer's only task. */
export async function taskOf(reference: string): Promise<SandboxRecord> {
  const found = (await tasks()).filter((task) => task.customer_reference === reference);
  expect(found, `tasks of ${reference} at the provider`).toHaveLength(1);
  return found[0] as SandboxRecord;
}

/** Waits until the provider's record of the customer's task has these values. */
export async function expectProviderToKnow(reference: string, values: SandboxRecord): Promise<void> {
  await expect.poll(() => taskOf(reference), { timeout: 20_000 }).toMatchObject(values);
}

/** What the desk answers to bytes that come from outside the browser. */
export interface Answer {
  status: number;
  text: string;
  location: string;
}

/** Sends bytes to the desk from outside the browser, as a form and signed in as the page's reader. */
export async function send(
  page: Page,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = new URL(path, page.url());
  const cookies = await page.context().cookies();
  const answer = await fetch(url, {
    method: "POST",
    body,
    redirect: "manual",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
      origin: url.origin,
      ...headers,
    },
  });
  // The browser keeps what it is given, as if it had sent the form itself: what was done is said from a cookie, once.
  for (const given of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(given) ?? [];
    if (!name || !value) continue;
    const place = { domain: url.hostname, path: "/", httpOnly: true, secure: true, sameSite: "Strict" as const };
    await page.context().addCookies([{ name, value, ...place }]);
  }
  return { status: answer.status, text: await answer.text(), location: answer.headers.get("location") ?? "" };
}
