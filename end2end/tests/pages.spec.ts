// Every page of the desk in light, in dark and on a narrow screen: nothing for axe, nothing wider than the screen, no
// complaint in the browser's console, and one heading of the first level.
// Told both ways: scripts add to a page what axe and a narrow screen have to bear, too.
import { expect, test, type Page } from "@playwright/test";

import { newReference, panel, saveDrafts } from "./checks";
import { actAs, collectComplaints, expectNoAxeViolations, expectNoComplaints, withScripts, type Account } from "./helpers";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

/** Where a page is: an address, or a way there from any page. */
type Way = string | ((page: Page) => Promise<void>);

async function expectNothingWider(page: Page, what: string): Promise<void> {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  expect(content, `width of ${what} on ${screen} px`).toBeLessThanOrEqual(screen);
}

/** Looks at the open page: light and wide as it came, then, without loading it again, dark and narrow. */
async function expectFaultless(page: Page, name: string): Promise<void> {
  await test.step(`${name}: light and wide`, async () => {
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectNothingWider(page, name);
    await expectNoAxeViolations(page);
  });
  await test.step(`${name}: dark and narrow`, async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize(NARROW);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectNothingWider(page, name);
    // The markup is the same without scripts, and axe has seen it; a copy for each look would take minutes.
    if (withScripts()) await expectNoAxeViolations(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(WIDE);
  });
}

async function visit(page: Page, account: Account | null, ways: Record<string, Way>, ...statuses: number[]): Promise<void> {
  const complaints = collectComplaints(page);
  await page.setViewportSize(WIDE);
  if (account) await actAs(page, account);
  for (const [name, way] of Object.entries(ways)) {
    if (typeof way === "string") await page.goto(way);
    else await way(page);
    await expectFaultless(page, name);
    expectNoComplaints(complaints, ...statuses);
  }
}

/** The page of a check of the demo, by its customer's reference. */
function check(reference: string, state: string): Way {
  return async (page) => {
    await page.goto(`/checks?tab=all&state=${state}&q=${reference}`);
    await page.getByRole("row", { name: new RegExp(reference) }).getByRole("link").first().click();
    await expect(page).toHaveURL(/\/checks\/[0-9a-f-]{36}$/);
  };
}

/** Follows the first link with this name on the page that was visited before. */
function follow(name: string | RegExp, heading: string | RegExp): Way {
  return async (page) => {
    await page.getByRole("link", { name, exact: true }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
  };
}

test("the pages for everybody", async ({ page }) => {
  await visit(page, null, { "sign-in": "/login", "sign-in in a second tab": "/login?again=1", "a one-time link": "/join", keys: "/keys", "an address of nothing": "/nothing-here" }, 404);
});

test("an analyst's lists and forms", async ({ page }) => {
  test.setTimeout(240_000);
  await visit(page, "anna", {
    start: "/",
    // The demo's rows; what other stories have left behind would only take time.
    "the queue": "/checks?q=C-0001",
    "the queue with states": "/checks?tab=all&q=C-0001",
    "the queue without a row": "/checks?tab=all&q=qqzzxxqq",
    "take next": "/checks/next",
    "launch form": "/checks/new",
    "table of checks": "/checks/new/due-diligence/many",
    "table of number matches": "/checks/new/number/many",
    "several decisions, none chosen": "/checks/decide-many",
    "a draft": async (page) => {
      const [draft] = await saveDrafts(page, "김하늘별", [newReference("pages")]);
      await page.goto(`/checks/${draft}/edit`);
    },
    customers: "/customers?q=C-0001",
    "a customer": "/customers/C-000117",
    account: "/account",
    "a second factor": "/account/factor",
    "the policy in force": "/policies",
    "saved views": "/checks/views",
    "a page of another role": "/journal",
    "a check that is not there": "/checks/00000000-0000-0000-0000-000000000000",
  }, 403, 404);
});

test("the forms and tables of what an operator is asked of a line", async ({ page }) => {
  await visit(page, "anna", {
    tenure: "/checks/new/tenure",
    "table of tenures": "/checks/new/tenure/many",
    "age verification": "/checks/new/age",
    "table of age verifications": "/checks/new/age/many",
    "SIM swap": "/checks/new/sim-swap",
    "table of SIM swap checks": "/checks/new/sim-swap/many",
  });
});

test("checks in their states, decisions and evidence", async ({ page }) => {
  test.setTimeout(240_000);
  await visit(page, "anna", {
    "a running check": check("C-000129", "running"),
    "a failed check": check("C-000130", "failed"),
    "a check to review": check("C-000101", "to_review"),
    "a check to review, in Arabic": check("C-000103", "to_review"),
    "a check of a very long name": check("C-000118", "to_review"),
    "a check with unknown values": check("C-000128", "to_review"),
    "a withdrawn check": check("C-000124", "withdrawn"),
    "a decided check": check("C-000107", "accepted"),
    "a decision": async (page) => {
      await panel(page).getByRole("link", { name: "What they saw" }).first().click();
      await expect(page.getByRole("heading", { level: 1, name: "Decision: accept" })).toBeVisible();
    },
    evidence: follow("Open", "Evidence as received"),
  });
});

test("a supervisor's pages", async ({ page }) => {
  test.setTimeout(240_000);
  await visit(page, "sofia", {
    start: "/",
    decisions: "/decisions",
    policies: "/policies",
    "roles to confirm": "/roles",
    "the team": "/team",
    "saved views": "/checks/views",
    journal: "/journal",
    "the verified journal": async (page) => {
      await page.getByRole("button", { name: "Verify the chain" }).click();
      await expect(page.getByText(/entries follow from one another/)).toBeVisible();
    },
    "a proposal to approve": check("C-000104", "proposed"),
    "an overturned decision": check("C-000123", "rejected"),
    account: "/account",
  });
});

test("an admin's pages", async ({ page }) => {
  test.setTimeout(240_000);
  await visit(page, "adam", {
    start: "/",
    people: "/admin/people",
    sessions: "/admin/sessions",
    "what admins did": "/admin/journal",
    "roles to confirm": "/roles",
    connections: "/admin/connections",
    "a connection": follow("KryptoGO sandbox", "KryptoGO sandbox"),
    deliveries: "/admin/deliveries",
    callbacks: "/admin/callbacks",
  });
});
