import type { CustomAttributes } from "./customDocument.ts";
import type { CustomOp } from "./customOps.ts";

type Plain = number | boolean | string | readonly number[];
type Given = CustomAttributes[string];

/**
 * The attributes of a node at one batch size: { batch: k } is k · batch, { perBatch: k } is k / batch.
 * @throws TypeError for a missing or unknown attribute, or one of another type.
 */
export function plainAttributes(
  attributes: CustomAttributes,
  signature: CustomOp["attributes"],
  batch: number,
): Parameters<CustomOp["build"]>[1] {
  const wanted = Object.keys(signature);
  const unknown = Object.keys(attributes).find((name) => !wanted.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`expected the attributes ${wanted.join(", ") || "none"}, got ${JSON.stringify(unknown)}`);
  }
  return Object.fromEntries(
    wanted.map((name) => {
      const given = attributes[name];
      if (given === undefined) throw new TypeError(`"${name}" expected a value, got none`);
      const value = plainValue(given, batch);
      const type = Array.isArray(value) ? "numbers" : typeof value;
      if (type !== signature[name]) throw new TypeError(`"${name}" expected ${signature[name]}, got ${type}`);
      return [name, value];
    }),
  );
}

function plainValue(given: Given, batch: number): Plain {
  if (Array.isArray(given)) return given.map((value) => plainNumber(value, batch));
  return typeof given === "object" ? plainNumber(given, batch) : given;
}

function plainNumber(given: number | { batch: number } | { perBatch: number }, batch: number): number {
  if (typeof given === "number") return given;
  return "batch" in given ? given.batch * batch : given.perBatch / batch;
}
