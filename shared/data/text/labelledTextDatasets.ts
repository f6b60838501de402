import type { Rng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";
import { holdOut } from "../split/holdOut.ts";
import { bagOfWords } from "./bagOfWords.ts";
import { createVocabulary } from "./createVocabulary.ts";
import type { LabelledTexts } from "./parseLabelledTexts.ts";
import type { TextDatasets } from "./textDatasets.ts";
import { tokenSequences } from "./tokenSequences.ts";
import type { Vocabulary } from "./vocabulary.ts";

export const TEXT_FORMS = ["bag", "bagOfFrequencies", "words", "characters"] as const;

export interface LabelledTextOptions {
  /**
   * "bag": [numTokens], 1 where a word occurs. "bagOfFrequencies": [numTokens], a word's share of the text.
   * "words", "characters": [length] token ids.
   */
  readonly form: (typeof TEXT_FORMS)[number];
  /** Most tokens of the vocabulary, the most frequent of the training texts; 2,000 when absent. */
  readonly maxTokens?: number;
  /** Tokens of a sequence; 40 words or 160 characters when absent. */
  readonly length?: number;
  /** 0.2 when absent. */
  readonly testFraction?: number;
}

/**
 * Labelled texts as rows for a classifier, a random share of them held out. The vocabulary comes from the training texts alone:
 * what only the test texts hold is unknown.
 * @throws RangeError for a testFraction beyond [0, 0.9], or sizes below 1.
 */
export function labelledTextDatasets(
  { texts, labels }: LabelledTexts,
  options: LabelledTextOptions,
  rng: Rng,
): TextDatasets {
  const { form, maxTokens = 2000, testFraction = 0.2 } = options;
  const unit = form === "characters" ? "character" : "word";
  const split = holdOut(texts.length, testFraction, rng);
  const textsOf = (rows: Uint32Array): string[] => Array.from(rows, (row) => texts[row] as string);
  const vocabulary = createVocabulary(textsOf(split.train), { unit, maxTokens });
  const dataset = (rows: Uint32Array): Dataset => ({
    numExamples: rows.length,
    ...rowsOf(textsOf(rows), vocabulary, options),
    targets: Uint8Array.from(rows, (row) => labels[row] as number),
    targetSize: 1,
  });
  return { train: dataset(split.train), test: dataset(split.test), vocabulary };
}

function rowsOf(
  texts: readonly string[],
  vocabulary: Vocabulary,
  { form, length = form === "words" ? 40 : 160 }: LabelledTextOptions,
): Pick<Dataset, "inputs" | "inputShape"> {
  if (form === "words" || form === "characters") {
    return { inputShape: [length], inputs: tokenSequences(texts, vocabulary, length) };
  }
  const weighting = form === "bag" ? "binary" : "termFrequency";
  return { inputShape: [vocabulary.tokens.length], inputs: bagOfWords(texts, vocabulary, { weighting }) };
}
