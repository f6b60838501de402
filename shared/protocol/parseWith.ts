import * as v from "valibot";
import { ProtocolError } from "../base/errors.ts";

/** Rules of valibot whose breach means "too much of it" rather than "not of this form". */
const SIZE_RULES: ReadonlySet<string> = new Set(["max_length", "max_entries", "max_bytes"]);

/** Parses one message of a peer: the typed value, or a fault to answer with. */
export type Parser<T> = (input: unknown) => T;

/**
 * A parser from a schema. It reports the first fault only, so that a hostile message costs one message's work.
 * @throws ProtocolError TOO_LARGE if a list, text or byte string is longer than its bound, MALFORMED for all else.
 */
export function parserOf<const S extends v.GenericSchema>(name: string, schema: S): Parser<v.InferOutput<S>> {
  return (input) => {
    if (!isRecord(input)) throw new ProtocolError("MALFORMED", `"${name}" expected an object, got ${kindOf(input)}`);
    const result = v.safeParse(schema, input, { abortEarly: true });
    if (result.success) return result.output;
    const issue = result.issues[0];
    const at = [name, ...(issue.path ?? []).map((item) => shortText(String(item.key)))].join(".");
    const code = SIZE_RULES.has(issue.type) ? "TOO_LARGE" : "MALFORMED";
    // The schemas' own checks say in words what no type can.
    const fault =
      issue.type === "check"
        ? issue.message
        : `expected ${issue.expected ?? "another value"}, got ${shortText(issue.received)}`;
    throw new ProtocolError(code, `"${at}" ${fault}`);
  };
}

/** True for an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

/** A peer's text, cut so that it cannot flood a log or an answer. */
function shortText(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
