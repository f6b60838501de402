import type { BaseIssue } from "valibot";
import { nearestName } from "./nearestName.ts";

type Issues = readonly [BaseIssue<unknown>, ...BaseIssue<unknown>[]];

/** The parts of a valibot schema that lead to its keys. */
interface SchemaParts {
  readonly entries?: Readonly<Record<string, SchemaParts>>;
  readonly item?: SchemaParts;
  readonly wrapped?: SchemaParts;
  readonly options?: readonly unknown[];
  /** Of a lazy schema: what stands for it, given the value. */
  readonly getter?: (value: unknown) => SchemaParts;
}

/**
 * One sentence for the first issue of a failed valibot parse: where, what was expected, what came, and for a misspelt
 * key or choice the nearest known one.
 */
export function explainIssues(schema: object, [issue]: Issues): string {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const where = path.length > 0 ? `"${path.join(".").slice(0, 200)}"` : "value";
  const last = issue.path?.at(-1);

  if (issue.expected === "never" && last) {
    const known = knownKeys(schema, path.slice(0, -1));
    return `${where} is not a known key${hint(path.at(-1)!, known)}`;
  }
  if (last?.origin === "key") {
    const given = Object.keys((last.input ?? {}) as object);
    const typo = nearestName(path.at(-1)!, given.slice(0, 100));
    return `${where} is missing${typo ? `; is "${typo.slice(0, 64)}" a misspelling of it?` : ""}`;
  }
  const choices = [...(issue.expected ?? "").matchAll(/"([^"]*)"/g)].map((match) => match[1]!);
  const suggestion = typeof issue.input === "string" && choices.length > 0 ? hint(issue.input, choices, false) : "";
  return `${where} expected ${(issue.expected ?? issue.message).slice(0, 500)}, got ${issue.received.slice(0, 100)}${suggestion}`;
}

function hint(name: string, known: readonly string[], list = true): string {
  const nearest = nearestName(name, known);
  if (nearest) return `; did you mean "${nearest}"?`;
  return list && known.length > 0 ? `; known are ${known.join(", ")}` : "";
}

/** Keys that the objects at a path of the schema know. */
function knownKeys(schema: object, path: readonly string[]): string[] {
  let here = flatten(schema);
  for (const key of path) {
    here = here.flatMap(({ entries, item }) => {
      const next = (entries && Object.hasOwn(entries, key) ? entries[key] : undefined) ?? item;
      return next ? flatten(next) : [];
    });
  }
  return [...new Set(here.flatMap(({ entries }) => Object.keys(entries ?? {})))];
}

function flatten(schema: SchemaParts): SchemaParts[] {
  const inner = [schema.wrapped, schema.getter?.({}), ...(schema.options ?? [])].filter(
    (part) => typeof part === "object" && part !== null,
  );
  return [schema, ...inner.flatMap((part) => flatten(part as SchemaParts))];
}
