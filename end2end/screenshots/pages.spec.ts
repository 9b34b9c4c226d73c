// Takes pictures of the desk's pages, for the README and for looking at: light, dark and narrow.
import { join } from "node:path";

import { test, type Page } from "@playwright/test";

import { signIn } from "../tests/helpers";

const FOLDER = process.env.SCREENSHOTS || "test-results/screenshots";
const NARROW = { width: 390, height: 844 };

const LOOKS = [
  { name: "light", colorScheme: "light" },
  { name: "dark", colorScheme: "dark" },
  { name: "narrow", colorScheme: "light", viewport: NARROW },
] as const;

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true });
}

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use(look);

    test("login", async ({ page }) => {
      await page.goto("/login");
      await picture(page, `login-${look.name}`);
    });

    test("an analyst's pages", async ({ page }) => {
      await signIn(page, "anna");
      for (const [name, address] of [["home", "/"], ["checks", "/checks"], ["launch", "/checks/new"]] as const) {
        await page.goto(address);
        await picture(page, `${name}-${look.name}`);
      }
      await page.goto("/checks/next");
      await page.getByRole("button", { name: /^Take next/ }).click();
      await page.waitForURL(/\/checks\/[0-9a-f-]{36}/);
      await picture(page, `check-${look.name}`);
    });

    test("a supervisor's pages", async ({ page }) => {
      await signIn(page, "sofia");
      await page.goto("/journal");
      await picture(page, `journal-${look.name}`);
    });
  });
}
