import type { Model } from "../model.ts";

/** One model of the zoo: the sizes that may follow the data, as they are when nobody says, and the model of given sizes. */
export interface ZooEntry {
  readonly sizes: Readonly<Record<string, number>>;
  build(sizes: Readonly<Record<string, number>>): Model;
}

/** @param sizes positive whole numbers by name; {} for a model of one size. */
export function zooEntry<const Name extends string>(
  sizes: Readonly<Record<Name, number>>,
  build: (sizes: Readonly<Record<Name, number>>) => Model,
): ZooEntry {
  return { sizes, build: build as ZooEntry["build"] };
}
