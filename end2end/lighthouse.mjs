// What Lighthouse says of the queue and of a review page on a phone: medians of several visits beside their goals.
// `cargo xtask lighthouse` starts a desk and sets the variables read here.
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const URL_OF_DESK = process.env.PROBITY_URL || "http://127.0.0.1:3000";
const PASSWORD = process.env.PROBITY_DEMO_PASSWORD || "correct horse desk staple";
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const VISITS = Number(process.env.LIGHTHOUSE_VISITS || 5);
const COOKIE = "__Host-probity";

const BROWSER_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Name, whether more is better, goal, and how it is read from a report. */
const ROWS = [
  ["performance", true, 0.98, (r) => r.categories.performance.score],
  ["accessibility", true, 1, (r) => r.categories.accessibility.score],
  ["best practices", true, 1, (r) => r.categories["best-practices"].score],
  ["LCP in ms", false, 1200, (r) => r.audits["largest-contentful-paint"].numericValue],
  ["TBT in ms", false, 50, (r) => r.audits["total-blocking-time"].numericValue],
  ["CLS", false, 0.02, (r) => r.audits["cumulative-layout-shift"].numericValue],
];

/** Signs in and gives the session's cookie. */
async function signIn() {
  const answer = await fetch(`${URL_OF_DESK}/api/session/start`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: URL_OF_DESK, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ account: "anna", password: PASSWORD }),
  });
  const pair = answer.headers.getSetCookie().map((set) => set.split(";")[0]).find((set) => set.startsWith(`${COOKIE}=`));
  if (!pair) throw new Error(`Nobody could sign in: ${answer.status}.`);
  return pair.slice(COOKIE.length + 1);
}

/** The address of the first check on the queue. */
async function firstCheck(cookie) {
  const queue = await fetch(`${URL_OF_DESK}/checks?tab=to_review`, { headers: { cookie: `${COOKIE}=${cookie}` } });
  const link = /href="(\/checks\/[0-9a-f-]{36})"/.exec(await queue.text());
  if (!link) throw new Error("The queue has no check to look at.");
  return link[1];
}

/** One visit in a browser that has never been here but for its session. */
async function visit(cookie, path) {
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: BROWSER_FLAGS });
  try {
    const page = await browser.newPage();
    await browser.setCookie({
      name: COOKIE,
      value: cookie,
      domain: new URL(URL_OF_DESK).hostname,
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Strict",
    });
    const flags = {
      logLevel: "error",
      onlyCategories: ["performance", "accessibility", "best-practices"],
      // The browser is new; emptying it would end the session.
      disableStorageReset: true,
    };
    const result = await lighthouse(URL_OF_DESK + path, flags, undefined, page);
    if (result.lhr.runtimeError) throw new Error(result.lhr.runtimeError.message);
    if (!result.lhr.finalDisplayedUrl.endsWith(path)) throw new Error(`${path} led to ${result.lhr.finalDisplayedUrl}.`);
    return result.lhr;
  } finally {
    await browser.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 0));

/** Prints a page's medians; gives how many goals were missed. */
function report(name, visits) {
  let misses = 0;
  // A desktop of today has some 1,500 to 2,000; for a phone, Lighthouse reckons with a quarter of the speed it finds.
  const power = median(visits.map((visit) => visit.environment.benchmarkIndex));
  console.log(`${name}, ${visits.length} visits on a machine of benchmark index ${shown(power)}`);
  for (const [row, moreIsBetter, goal, read] of ROWS) {
    const values = visits.map(read);
    const middle = median(values);
    const met = moreIsBetter ? middle >= goal : middle <= goal;
    misses += met ? 0 : 1;
    const spread = `(${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
    console.log(`  ${row.padEnd(15)} ${shown(middle).padStart(6)}  ${spread.padEnd(18)} goal ${moreIsBetter ? ">=" : "<="} ${goal}  ${met ? "met" : "MISS"}`);
  }
  const last = visits.at(-1);
  const weighed = Object.values(last.categories).flatMap((category) => category.auditRefs.filter((ref) => ref.weight > 0).map((ref) => ref.id));
  const below = Object.values(last.audits).filter((audit) => audit.score !== null && audit.score < 0.9);
  for (const audit of below) console.log(`  ${weighed.includes(audit.id) ? "costs points" : "could be better"}: ${audit.title} (${audit.id}) ${audit.displayValue ?? ""}`);
  console.log();
  return misses;
}

const cookie = await signIn();
const pages = { "Queue": "/checks", "Review page": await firstCheck(cookie) };
let misses = 0;
for (const [name, path] of Object.entries(pages)) {
  const visits = [];
  for (let count = 0; count < VISITS; count += 1) visits.push(await visit(cookie, path));
  misses += report(name, visits);
}
console.log(misses === 0 ? "every goal met" : `${misses} goals missed`);
process.exitCode = misses === 0 ? 0 : 1;
