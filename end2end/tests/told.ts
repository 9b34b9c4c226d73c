// Where each story is told, and why there. `hydrated` runs the pages' scripts; `plain` runs none, and neither does `postgres`, whose
// desk stands on the other database. Pages and store know nothing of each other, so what the database decides is told with scripts
// on SQLite and without them on PostgreSQL, not thrice.
//
// A file of stories says in its head how they are told, and why: "// Told both ways: …" or "// Told with scripts only: …". A story
// of which something else holds says so itself: `test("…", told("on PostgreSQL", "…"), …)`.
import { readdirSync, readFileSync } from "node:fs";

import type { TestDetails } from "@playwright/test";

type Run = "hydrated" | "plain" | "postgres";

/** What a story may say of itself, and the runs that this means. */
const RUNS = {
  "with scripts": ["hydrated"],
  "without scripts": ["plain"],
  /** For what no page's script could change: requests, answers, files. */
  once: ["plain"],
  "on PostgreSQL": ["hydrated", "postgres"],
  "once, on PostgreSQL": ["postgres"],
} as const satisfies Record<string, readonly Run[]>;

/** Says of one story where it is told, and why not as the other stories of its file. */
export function told(where: keyof typeof RUNS, why: string): TestDetails {
  if (!isReason(why)) throw new Error(`“${why}” does not say why a story is told ${where}.`);
  return { tag: RUNS[where].map((run) => `@${run}` as const), annotation: { type: `told ${where}`, description: why } };
}

/** The settings by which a project of Playwright tells the stories of a run, and no others. */
export function storiesOf(run: Run) {
  const itself = new RegExp(`@${run}\\b`);
  const asTheFile = /^(?!.*@(?:hydrated|plain|postgres)\b)/s;
  return {
    testDir: "tests",
    testIgnore: run === "plain" ? WITH_SCRIPTS_ONLY : [],
    grep: run === "postgres" ? itself : [itself, asTheFile],
  };
}

const WITH_SCRIPTS_ONLY = filesWithScriptsOnly(new URL(".", import.meta.url));

/** Reads all heads. Refuses to go on where a file does not say how it is told, or a story decides that while it runs. */
function filesWithScriptsOnly(folder: URL): string[] {
  const faults: string[] = [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".spec.ts"));
  const only = files.filter((name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    const head = /^(?:\/\/.*\n)*/.exec(text)?.[0] ?? "";
    const [, how, why] = /^\/\/ Told (both ways|with scripts only): (.*)$/m.exec(head) ?? [];
    if (!isReason(why)) faults.push(`${name}: the head has no “// Told both ways: …” or “// Told with scripts only: …” with a reason.`);
    const skipped = /\btest\.(?:skip|fixme)\(|\btag:/.exec(text);
    if (skipped) faults.push(`${name}: instead of “${skipped[0]}”, told(…) says where a story is told, and why.`);
    if (how === "with scripts only" && /\btold\("(?:without scripts|once)"/.test(text)) faults.push(`${name}: a story would be told nowhere.`);
    return how === "with scripts only";
  });
  if (files.length === 0) faults.push("There are no stories.");
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return only;
}

function isReason(why: string | undefined): boolean {
  return why !== undefined && why.trim().length >= 20;
}
