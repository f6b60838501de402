import * as v from "valibot";
import { BUILTIN_DATA_NAMES } from "../../datasets/builtinData.ts";
import { nearestName } from "../../shared/base/nearestName.ts";
import { TEXT_FORMS } from "../../shared/data/text/labelledTextDatasets.ts";
import { closedObject, numberIn, text, unknownName, wholeNumber } from "./fields.ts";

const path = text(4096);
const fraction = (standard: number) => v.optional(numberIn(0, 0.9), standard);
const windows = (testFraction: number) => ({
  /** Characters of one example. */
  length: v.optional(wholeNumber(1, 4096), 80),
  /** Characters between the starts of two training windows; `length` when absent. */
  stride: v.exactOptional(wholeNumber(1, 4096)),
  /** Share at the end of each text that is held out. */
  testFraction: fraction(testFraction),
});

/** What a source that is read from a file may say, by the member that names the file. */
const FILE_SOURCES = {
  csv: closedObject({
    csv: path,
    label: text(200),
    /** Share of the rows that becomes the test set. */
    testFraction: fraction(0),
  }),
  idx: closedObject({ idx: path }),
  text: closedObject({ text: path, ...windows(0.1) }),
  roles: closedObject({ roles: path, ...windows(0.2) }),
  cora: closedObject({ cora: path }),
  mutag: closedObject({
    mutag: path,
    form: v.optional(v.picklist(["dense", "cells"], unknownName(["dense", "cells"])), "dense"),
    folds: v.optional(wholeNumber(2, 1000), 10),
    /** The fold that is the test set. */
    fold: v.optional(wholeNumber(0, 999), 0),
  }),
  sms: closedObject({
    sms: path,
    form: v.optional(v.picklist(TEXT_FORMS, unknownName(TEXT_FORMS)), "bag"),
    maxTokens: v.optional(wholeNumber(3, 2 ** 24), 2000),
    /** Tokens of a sequence; 40 words or 160 characters when absent. */
    length: v.exactOptional(wholeNumber(1, 4096)),
    testFraction: fraction(0.2),
  }),
  adult: closedObject({ adult: path }),
  heart: closedObject({ heart: path }),
} as const;

/** What a source that is made up by numbers may say. */
const MADE_SOURCES = {
  synthetic: closedObject({
    synthetic: v.picklist(["fedprox"], unknownName(["fedprox"])),
    alpha: v.optional(numberIn(0, 1000), 1),
    beta: v.optional(numberIn(0, 1000), 1),
    clients: v.optional(wholeNumber(1, 10_000), 30),
  }),
} as const;

const SOURCES = { ...FILE_SOURCES, ...MADE_SOURCES };
const SOURCE_NAMES = Object.keys(SOURCES) as readonly (keyof typeof SOURCES)[];

/** Members of a source that are paths: those of an experiment's file are relative to it. */
export const FILE_SOURCE_NAMES = Object.keys(FILE_SOURCES) as readonly (keyof typeof FILE_SOURCES)[];

const unknownSource = v.custom<never>(
  () => false,
  ({ input }) => {
    const [key = ""] = Object.keys(input as object);
    const nearest = nearestName(key, SOURCE_NAMES);
    const known = SOURCE_NAMES.map((name) => `"${name}"`).join(", ");
    return `expected an object with one of ${known}${nearest ? `; did you mean "${nearest}"?` : ""}`;
  },
);

/** Where an experiment's data comes from. Chosen by shape rather than tried in turn, so that a typo is blamed on the right form. */
export const dataSource = v.lazy((input) => {
  if (typeof input !== "object" || input === null) {
    return v.picklist(BUILTIN_DATA_NAMES, unknownName(BUILTIN_DATA_NAMES));
  }
  const name = SOURCE_NAMES.find((source) => source in input);
  return name === undefined ? unknownSource : SOURCES[name];
});
