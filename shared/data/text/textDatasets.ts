import { assertFinite } from "../../base/assert.ts";
import type { Dataset } from "../dataset.ts";
import { createTokenizer } from "./createTokenizer.ts";
import { createVocabulary } from "./createVocabulary.ts";
import { textWindows } from "./textWindows.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TextDatasetsOptions {
  /** Characters of one example: the unroll; 80 when absent. */
  readonly length?: number;
  /** Characters between the starts of two training windows; `length` when absent. Tests never overlap. */
  readonly stride?: number;
  /** Share at the end of each text that is held out; 0.2 when absent. */
  readonly testFraction?: number;
  /** Of the training text when absent. Clients that do not share their text need one that is agreed on beforehand. */
  readonly vocabulary?: Vocabulary;
}

export interface TextDatasets {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly vocabulary: Vocabulary;
}

/** A text in two parts, the later one held out. */
export interface SplitText {
  readonly train: string;
  readonly test: string;
}

/**
 * Next-character prediction over texts that are split in time already, one a speaker; `groups` is the number of the text. See
 * `textWindows` for the layout.
 * @throws RangeError for lengths or strides that are none.
 */
export function splitTextDatasets(texts: readonly SplitText[], options: TextDatasetsOptions = {}): TextDatasets {
  const { length = 80, stride = length } = options;
  const vocabulary = options.vocabulary ?? createVocabulary(texts.map(({ train }) => train));
  const { encode } = createTokenizer(vocabulary);
  const numTokens = vocabulary.tokens.length;
  return {
    train: textWindows(
      texts.map(({ train }) => encode(train)),
      { length, stride, numTokens },
    ),
    test: textWindows(
      texts.map(({ test }) => encode(test)),
      { length, numTokens },
    ),
    vocabulary,
  };
}

/**
 * Next-character prediction over one text, the end of it held out.
 * @throws RangeError unless testFraction is in [0, 0.9].
 */
export function textDatasets(text: string, options: TextDatasetsOptions = {}): TextDatasets {
  const { testFraction = 0.2 } = options;
  assertFinite("testFraction", testFraction, 0, 0.9);
  const characters = [...text];
  const cut = characters.length - Math.floor(testFraction * characters.length);
  const parts = { train: characters.slice(0, cut).join(""), test: characters.slice(cut).join("") };
  return splitTextDatasets([parts], options);
}
