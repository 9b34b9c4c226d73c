// What stories do with ID verifications: choose pictures, launch in each way, play the customer.
import { expect, type Page } from "@playwright/test";

import { idOfPage } from "./checks";
import { SANDBOX_URL, sendOff, type SandboxRecord } from "./helpers";

/** Somebody whose pictures the sandbox draws, and whose name it reads from them or plays with. */
export interface Holder {
  name: string;
  specimen: string;
  birthDate: string;
  country: string;
}

export const MUELLER: Holder = { name: "Jörg Müller", specimen: "joerg-mueller", birthDate: "1984-09-05", country: "DEU" };

/** The same pictures under a name that asks the sandbox for an outcome. */
export function asking(name: string): Holder {
  return { ...MUELLER, name };
}

/** A picture of the sandbox, as a file to choose. */
export async function specimen(person: string, file: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const answer = await fetch(`${SANDBOX_URL}/specimens/${person}/${file}`);
  expect(answer.status, `${person}/${file}`).toBe(200);
  return { name: file, mimeType: file.endsWith("png") ? "image/png" : "image/jpeg", buffer: Buffer.from(await answer.arrayBuffer()) };
}

/** A file that is no good picture. */
export async function spoiled(file: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const answer = await fetch(`${SANDBOX_URL}/specimens/${file}`);
  expect(answer.status, file).toBe(200);
  return { name: file, mimeType: file.endsWith("png") ? "image/png" : "image/jpeg", buffer: Buffer.from(await answer.arrayBuffer()) };
}

type Way = "upload" | "link" | "token";

/** Fills what all three forms have in common. */
export async function fillIdvForm(page: Page, way: Way, holder: Holder, reference: string): Promise<void> {
  await page.goto(`/checks/new/id?way=${way}`);
  await page.getByLabel("Country", { exact: false }).first().selectOption(holder.country);
  await page.getByRole("textbox", { name: /^Customer reference/ }).fill(reference);
  await page.getByRole("textbox", { name: /^Name/ }).fill(holder.name);
  await page.getByRole("textbox", { name: /^Birth date/ }).fill(holder.birthDate);
}

/** Chooses front, back and face. */
export async function choosePictures(page: Page, holder: Holder): Promise<void> {
  await page.locator("#front").setInputFiles(await specimen(holder.specimen, "front.png"));
  await page.locator("#back").setInputFiles(await specimen(holder.specimen, "back.png"));
  await page.locator("#face").setInputFiles(await specimen(holder.specimen, "face.jpg"));
}

export const SEND: Record<Way, string> = { upload: "Send to KryptoGO", link: "Make the link", token: "Make the token" };

/** Launches in this way and gives the check's id; its page stays open. */
export async function launchIdv(page: Page, way: Way, holder: Holder, reference: string): Promise<string> {
  await fillIdvForm(page, way, holder, reference);
  if (way === "upload") await choosePictures(page, holder);
  await sendOff(page, SEND[way]);
  await expect(page.getByText("The check was launched; it is sent now.")).toBeVisible({ timeout: 30_000 });
  return idOfPage(page);
}

/** What the sandbox was asked to verify for this customer. */
export async function verificationOf(reference: string): Promise<SandboxRecord> {
  const answer = await fetch(`${SANDBOX_URL}/control/idvs`);
  const all = (await answer.json()) as SandboxRecord[];
  const found = all.filter((idv) => idv.customer_reference === reference);
  expect(found, `ID verifications of ${reference} at the provider`).toHaveLength(1);
  return found[0] as SandboxRecord;
}

/** The customer opens the link, takes the pictures, and is looked at. */
export async function playCustomer(reference: string): Promise<void> {
  const { idv_task_id } = await verificationOf(reference);
  const answer = await fetch(`${SANDBOX_URL}/control/idvs/${idv_task_id}/complete`, { method: "POST" });
  expect(answer.status).toBe(200);
}
