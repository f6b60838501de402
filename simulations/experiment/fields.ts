import * as v from "valibot";
import { nearestName } from "../../shared/base/nearestName.ts";

/** A whole number in [minimum, maximum]. */
export function wholeNumber(minimum: number, maximum: number) {
  return bounded(
    (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
    `a whole number in [${minimum}, ${maximum}]`,
  );
}

/** A number in [minimum, maximum]. */
export function numberIn(minimum: number, maximum: number) {
  return bounded((value) => value >= minimum && value <= maximum, `a number in [${minimum}, ${maximum}]`);
}

/** A number above zero, at most `maximum`. */
export function positiveNumber(maximum: number) {
  return bounded((value) => value > 0 && value <= maximum, `a number in (0, ${maximum}]`);
}

function bounded(isAllowed: (value: number) => boolean, expected: string) {
  const message = (issue: { readonly input: unknown }): string => `expected ${expected}, got ${shown(issue.input)}`;
  return v.pipe(v.number(message), v.check(isAllowed, message));
}

/** A text of 1 to `maxLength` characters. */
export function text(maxLength: number) {
  const message = (issue: { readonly input: unknown }): string =>
    `expected a text of 1 to ${maxLength} characters, got ${shown(issue.input)}`;
  return v.pipe(v.string(message), v.minLength(1, message), v.maxLength(maxLength, message));
}

/** An object with these members and no others: a mistyped key is answered with the nearest known one. */
export function closedObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries);
  return v.strictObject(entries, (issue) => {
    // valibot reports an unknown key as "expected never"; the key is the last part of the path.
    if (issue.expected === "never") {
      const key = String(issue.path?.at(-1)?.key ?? issue.received);
      const nearest = nearestName(key, known);
      return `is not known here; ${nearest ? `did you mean "${nearest}"?` : `known are ${known.map((name) => `"${name}"`).join(", ")}`}`;
    }
    if (issue.path && issue.received === "undefined") return "is missing";
    return `expected an object with ${known.map((name) => `"${name}"`).join(", ")}, got ${shown(issue.input)}`;
  });
}

/** What to say when a value (or a variant's `kind`) is none of `names`. */
export function unknownName(names: readonly string[]) {
  return ({ input }: { readonly input: unknown }): string => {
    const nearest = typeof input === "string" ? nearestName(input, names) : undefined;
    const expected = names.map((name) => `"${name}"`).join(" or ");
    return `expected ${expected}, got ${shown(input)}${nearest ? `; did you mean "${nearest}"?` : ""}`;
  };
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
