// What stories do with video identifications: the three steps, and the customer who is played by the sandbox.
import { expect, type Page } from "@playwright/test";

import { idOfPage } from "./checks";
import { expectToAppear, SANDBOX_URL, sendOff, type SandboxRecord } from "./helpers";

/** Somebody to identify. The sandbox reads the case out of a name: `X-AUTOTEST-HAPPYPATH` runs by itself. */
export interface Named {
  first: string;
  last: string;
  postalCode?: string;
  birthDate?: string;
}

/** The case runs by itself; the first name keeps persons of different stories apart. */
export function auto(scenario: string, first = "Jane"): Named {
  return { first, last: `X-AUTOTEST-${scenario}` };
}

export const STEP = {
  person: "Send the person to Solaris",
  identification: "Make the identification",
  session: "Request the session",
} as const;

/** Fills the first step, from the top. */
export async function fillPerson(page: Page, named: Named, reference: string): Promise<void> {
  const field = (name: RegExp) => page.getByRole("textbox", { name });
  await page.goto("/checks/new/video");
  await field(/^Customer reference/).fill(reference);
  await page.getByRole("combobox", { name: /^Salutation/ }).selectOption({ label: "Ms" });
  await field(/^First name/).fill(named.first);
  await field(/^Last name/).fill(named.last);
  await field(/^Birth date/).fill(named.birthDate ?? "1990-06-21");
  await page.getByRole("combobox", { name: /^Nationality/ }).selectOption("DE");
  await field(/^Street/).fill("Alexanderplatz");
  await field(/^House number/).fill("7");
  await field(/^Postal code/).fill(named.postalCode ?? "10178");
  await field(/^Town/).fill("Berlin");
  await field(/^Mobile number/).fill("+49 151 23456789");
  await field(/^Terms and conditions agreed/).fill("2026-01-01T09:30:00Z");
  await field(/^Data processing agreed/).fill("2026-01-01 09:30");
}

/** Takes the first step and gives the check's id; its page stays open at the second step. */
export async function launchPerson(page: Page, named: Named, reference: string): Promise<string> {
  await fillPerson(page, named, reference);
  await sendOff(page, STEP.person);
  await expectToAppear(page, page.getByRole("button", { name: STEP.identification }));
  return idOfPage(page);
}

/** Takes the second step, without a proof of address. */
export async function makeIdentification(page: Page): Promise<void> {
  await page.getByRole("combobox", { name: /^Language/ }).selectOption({ label: "German" });
  await page.getByRole("button", { name: STEP.identification }).click();
  await expectToAppear(page, page.getByRole("button", { name: STEP.session }));
}

/** All three steps. */
export async function launchVideo(page: Page, named: Named, reference: string): Promise<string> {
  const id = await launchPerson(page, named, reference);
  await makeIdentification(page);
  await page.getByRole("button", { name: STEP.session }).click();
  await expect(page.getByRole("button", { name: STEP.session })).toHaveCount(0);
  return id;
}

/** Waits until the page shows this state in the reviewer's words. */
export async function untilState(page: Page, words: string | RegExp): Promise<void> {
  const says = page.getByRole("heading", { level: 2, name: "What Solaris says" }).locator("xpath=ancestor::section");
  await expectToAppear(page, says.getByText(words).first(), 40_000);
}

/** The identifications that the sandbox knows of this last name. */
export async function identificationsOf(last: string): Promise<SandboxRecord[]> {
  const ask = async (what: string) => (await (await fetch(`${SANDBOX_URL}/control/solaris/${what}`)).json()) as SandboxRecord[];
  const persons = (await ask("persons")).filter((person) => person.last_name === last).map((person) => person.id);
  return (await ask("identifications")).filter((one) => persons.includes(one.person_id));
}
