import * as v from "valibot";
import { BUILTIN_DATA_NAMES } from "../../datasets/builtinData.ts";
import { dataSource, FILE_SOURCE_NAMES } from "../experiment/dataSource.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { UsageError } from "../experiment/usageError.ts";

export type DataSource = Experiment["data"]["source"];

/**
 * A data source as a person types it: a built-in name, or `kind:PATH` with further members of that kind behind commas,
 * "csv:people.csv,label=income,testFraction=0.2".
 * @param forms members that a model needs and that are set unless the text sets them, where the kind has them.
 * @throws UsageError that says what was expected, what came and the nearest right thing.
 */
export function parseDataFlag(text: string, forms: Readonly<Record<string, string>> = {}): DataSource {
  const [, kind, rest] = /^(\w+):(.+)$/.exec(text) ?? [];
  if (kind === undefined || rest === undefined) {
    if (FILE_SOURCE_NAMES.some((name) => name === text)) {
      throw new UsageError(`--data ${text} expected a file behind a colon: ${text}:PATH`);
    }
    return checked(text, text);
  }
  const [path, ...members] = rest.split(",");
  const given = Object.fromEntries(members.map((member) => splitMember(text, member)));
  const source = { [kind]: path, ...given };
  const withForms = { ...source, ...formsOf(kind, forms), ...given };
  return checked(withForms, text);
}

function checked(source: unknown, text: string): DataSource {
  const result = v.safeParse(dataSource, source);
  if (result.success) return result.output as DataSource;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  const known =
    typeof source === "string" ? `; or a file: ${FILE_SOURCE_NAMES.map((name) => `${name}:PATH`).join(", ")}` : "";
  throw new UsageError(`--data ${text}: ${path ? `"${path}" ` : ""}${issue.message}${known}`);
}

function splitMember(text: string, member: string): [string, string | number] {
  const at = member.indexOf("=");
  if (at < 1) throw new UsageError(`--data ${text} expected name=value behind a comma, got "${member}"`);
  const value = member.slice(at + 1);
  return [member.slice(0, at), /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value];
}

/** Only "mutag" and "sms" come in forms. */
function formsOf(kind: string, forms: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return kind === "mutag" || kind === "sms" ? forms : {};
}

/** For the help of the command. */
export const DATA_FLAG_HELP = `${BUILTIN_DATA_NAMES.join(", ")}; or a file: ${FILE_SOURCE_NAMES.map((name) => `${name}:PATH`).join(", ")}`;
