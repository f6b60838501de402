import type { Shape } from "../../graph/tensor.ts";
import type { KerasLayerJson } from "./kerasFile.ts";
import type { KerasWeights } from "./kerasWeights.ts";

/**
 * One Keras layer to be read: its options, typed where they are asked for, and its weights. Every error names the layer.
 * Options that may be absent have a standard value.
 */
export interface KerasLayer {
  readonly kind: string;
  /** Shape of one example of its input. */
  readonly shape: Shape;
  /** A whole number from 1 on. */
  size(option: string, standard?: number): number;
  number(option: string, standard: number): number;
  flag(option: string, standard: boolean): boolean;
  /** One of the words. @throws RangeError for another, with the words that are possible here. */
  word(option: string, words: readonly string[], standard: string): string;
  /** One size for both directions or two, as [vertical, horizontal]. */
  pair(option: string, standard?: readonly [number, number]): [number, number];
  /** One size, alone or in a list of one. */
  single(option: string, standard?: number): number;
  /** The option as it came. */
  raw(option: string): unknown;
  /** @throws RangeError unless the option, where it is given, is one of the values: what else it may be does not exist here. */
  only(option: string, ...values: readonly unknown[]): void;
  /** One of its arrays, under one of the names that it has had. */
  weight(names: string | readonly string[], shape: Shape): Float32Array;
  /** A layer within it, whose weights are in a part of its own. */
  inner(json: unknown, part: string): KerasLayer;
  fail(message: string): never;
}

interface KerasLayerOptions {
  readonly json: KerasLayerJson;
  readonly shape: Shape;
  readonly weights: KerasWeights;
  /** Owner and part of the weights of a layer within another. */
  readonly owner?: { readonly name: string; readonly part: string };
}

export function kerasLayer({ json, shape, weights, owner }: KerasLayerOptions): KerasLayer {
  const { class_name: kind, config } = json;
  const name = typeof config.name === "string" ? config.name : "";

  const fail = (message: string): never => {
    throw new RangeError(`keras layer "${owner?.name ?? name}" (${kind}): ${message}`);
  };
  const raw = (option: string): unknown => (Object.hasOwn(config, option) ? (config[option] ?? undefined) : undefined);
  const given = <T>(option: string, standard: T | undefined, is: (value: unknown) => boolean, expected: string): T => {
    const value = raw(option) ?? standard;
    return is(value) ? (value as T) : fail(`"${option}" expected ${expected}, got ${textOf(value)}`);
  };
  const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
  const sizes = (option: string, standard: readonly number[] | undefined, count: number): number[] => {
    const value = raw(option) ?? standard;
    const list: unknown[] = Array.isArray(value) ? value : new Array(count).fill(value);
    if (list.length !== count || !list.every(isSize)) {
      return fail(`"${option}" expected ${count} whole numbers >= 1, got ${textOf(value)}`);
    }
    return list as number[];
  };

  return {
    kind,
    shape,
    size: (option, standard) => given(option, standard, isSize, "a whole number >= 1"),
    number: (option, standard) => given(option, standard, Number.isFinite, "a finite number"),
    flag: (option, standard) => given(option, standard, (value) => typeof value === "boolean", "true or false"),
    word: (option, words, standard) =>
      given(option, standard, (value) => words.includes(value as string), words.map((word) => `"${word}"`).join(", ")),
    pair: (option, standard) => sizes(option, standard, 2) as [number, number],
    single: (option, standard) => sizes(option, standard === undefined ? undefined : [standard], 1)[0]!,
    raw,
    only(option, ...values) {
      const value = raw(option);
      if (value !== undefined && !values.includes(value)) {
        fail(`"${option}" expected ${values.map(textOf).join(" or ") || "none"}, got ${textOf(value)}`);
      }
    },
    weight: (names, expected) => weights.take(owner?.name ?? name, [names].flat(), expected, owner?.part),
    inner(value, part) {
      const within = value as KerasLayerJson | undefined;
      if (typeof within?.class_name !== "string" || typeof within.config !== "object" || within.config === null) {
        return fail("expected a layer within it, got none");
      }
      return kerasLayer({ json: within, shape, weights, owner: { name, part } });
    },
    fail,
  };
}

function textOf(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
