import { type Check, checks } from "./doctor/checks.js";
import { type DoctorOptions, visit } from "./doctor/visit.js";
import type { Auth, Options } from "./types.js";

export type { DoctorOptions } from "./doctor/visit.js";

/** One thing that is wrong, or could be better, with what to change. */
export interface Finding {
  /** The same word that `cartouche doctor` uses, where it sees the same. */
  id: string;
  /** It works all the same. */
  advice: boolean;
  text: string;
}

/**
 * Looks at a set-up from inside of a page, sends what the client would send, and says in one sentence each what keeps it from working and what to change.
 * It signs nobody in or out. `cartouche doctor` on the command line sees more: browsers hide headers and the cause of failures from pages.
 */
export async function explain(target: Auth | Options, options: DoctorOptions = {}): Promise<Finding[]> {
  const seen = await visit("options" in target ? target.options : target, options);
  const findings: Finding[] = [];
  for (const check of checks as readonly Check[]) {
    const detail = check.found(seen);
    if (detail === null) continue;
    const values: Record<string, string> = {
      app: seen.app.origin,
      auth: seen.auth.origin,
      prefix: seen.auth.pathname,
      detail,
    };
    findings.push({
      id: check.id,
      advice: check.advice ?? false,
      text: check.text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ""),
    });
    if (check.last) break;
  }
  return findings;
}
