// How the stories are told: in the system's Chromium, one after the other, against a desk and a
// sandbox that run already. `cargo xtask test` starts those and sets the variables read here; it tells the
// files of a project in parts, each part on a desk of its own, several at the same time.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { defineConfig, devices } from "@playwright/test";

import { storiesOf } from "./tests/told";

const CHROMIUM_NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** The browser that xtask names, or the first usual name on the PATH. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const usual = CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.env.CHROMIUM || usual.find((path) => existsSync(path));
}

const browser = devices["Desktop Chrome"];

export default defineConfig({
  outputDir: "test-results",
  // The stories of a part share one desk: an order that never changes, and no second try that hides a fault.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  globalTimeout: 40 * 60_000,
  reporter: [
    ["list"],
    ["json", { outputFile: process.env.PLAYWRIGHT_REPORT || "test-results/report.json" }],
  ],
  use: {
    baseURL: process.env.PROBITY_URL || "http://127.0.0.1:3000",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: findChromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    // Which story is told where, and why, stands in its file; tests/told.ts reads it.
    { name: "hydrated", ...storiesOf("hydrated"), use: { ...browser, javaScriptEnabled: true } },
    { name: "plain", ...storiesOf("plain"), use: { ...browser, javaScriptEnabled: false } },
    // On the other database.
    { name: "postgres", ...storiesOf("postgres"), use: { ...browser, javaScriptEnabled: false } },
    // `cargo xtask screenshots`: pictures for people, no test.
    { name: "screenshots", testDir: "screenshots", use: { ...browser, viewport: { width: 1440, height: 900 } } },
  ],
});
