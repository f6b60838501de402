import type { BaseIssue } from "valibot";
import { nearestName } from "./nearestName.ts";

type Issues = readonly [BaseIssue<unknown>, ...BaseIssue<unknown>[]];

/** The parts of a valibot schema that lead to its keys. */
interface SchemaParts {
  readonly entries?: Readonly<Record<string, SchemaParts>>;
  readonly item?: SchemaParts;
  readonly wrapped?: SchemaParts;
  readonly options?: readonly unknown[];
  readonly literal?: string;
  /** Of a lazy schema: what stands for it, given the value. */
  readonly getter?: (value: unknown) => SchemaParts;
}

/**
 * One sentence for the first issue of a failed valibot parse: where, what was expected, what came, and for a misspelt
 * key or choice the nearest known one.
 */
export function explainIssues(schema: object, [outer]: Issues): string {
  const issue = insideOf(outer, schema);
  const path = keysOf(issue);
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
  const counted = /_(length|size|items)$/.test(issue.type) ? " in length" : "";
  const wanted = (issue.expected ?? issue.message).slice(0, 500);
  return `${where} expected ${wanted}${counted}, got ${issue.received.slice(0, 100)}${choiceHint(schema, issue, path, choices)}`;
}

/**
 * Of a choice between a word and objects: the first issue inside the object that was given, which says more than that no
 * choice fits. The choice itself where it is open which of several objects was meant.
 */
function insideOf(issue: BaseIssue<unknown>, schema: object): BaseIssue<unknown> {
  const inner = (issue.issues ?? []).filter(({ path }) => path !== undefined);
  const [first] = inner;
  if (first === undefined) return issue;
  const known = knownKeys(schema, keysOf(issue));
  const isOpen = inner.some(({ expected, path }) => expected === "never" && known.includes(String(path![0].key)));
  if (inner.length > 1 && isOpen) return issue;
  return insideOf({ ...first, path: [...(issue.path ?? []), ...first.path!] as typeof issue.path & object }, schema);
}

function keysOf({ path }: BaseIssue<unknown>): string[] {
  return (path ?? []).map(({ key }) => String(key));
}

/** The nearest choice, be it a word or the kind of an object; else how such an object is written, or what it knows. */
function choiceHint(
  schema: object,
  { expected, input }: BaseIssue<unknown>,
  path: readonly string[],
  choices: readonly string[],
): string {
  const objects = expected?.includes("Object") ? partsAt(schema, path) : [];
  const kinds = objects.flatMap(({ entries }) => entries?.kind?.literal ?? []);
  if (typeof input !== "string") return objects.length > 0 ? hint("", knownKeys(schema, path)) : "";
  const nearest = nearestName(input, [...choices, ...kinds]);
  if (nearest !== undefined)
    return `; did you mean ${kinds.includes(nearest) ? `{ "kind": "${nearest}" }` : `"${nearest}"`}?`;
  return kinds.length > 0 ? '; as in { "kind": "..." }' : "";
}

function hint(name: string, known: readonly string[]): string {
  if (known.includes(name)) return "; it belongs to another kind";
  const nearest = nearestName(name, known);
  if (nearest) return `; did you mean "${nearest}"?`;
  return known.length > 0 ? `; known are ${known.join(", ")}` : "";
}

/** Keys that the objects at a path of the schema know. */
function knownKeys(schema: object, path: readonly string[]): string[] {
  return [...new Set(partsAt(schema, path).flatMap(({ entries }) => Object.keys(entries ?? {})))];
}

function partsAt(schema: object, path: readonly string[]): SchemaParts[] {
  let here = flatten(schema);
  for (const key of path) {
    here = here.flatMap(({ entries, item }) => {
      const next = (entries && Object.hasOwn(entries, key) ? entries[key] : undefined) ?? item;
      return next ? flatten(next) : [];
    });
  }
  return here;
}

function flatten(schema: SchemaParts): SchemaParts[] {
  const inner = [schema.wrapped, schema.getter?.({}), ...(schema.options ?? [])].filter(
    (part) => typeof part === "object" && part !== null,
  );
  return [schema, ...inner.flatMap((part) => flatten(part as SchemaParts))];
}
