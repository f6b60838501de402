import { createTokenizer } from "./createTokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface BagOfWordsOptions {
  /** "binary": 1 where a token occurs, as bytes. "termFrequency": its count ÷ all tokens of the text, as f32. */
  readonly weighting: "binary" | "termFrequency";
}

/**
 * Texts as counts of their tokens, order forgotten: [texts, numTokens], column = id. Tokens that are not listed count in
 * column 1; column 0 (padding) stays 0. A text without tokens is a row of zeros.
 */
export function bagOfWords(
  texts: readonly string[],
  vocabulary: Vocabulary,
  { weighting }: BagOfWordsOptions,
): Uint8Array | Float32Array {
  const tokenizer = createTokenizer(vocabulary);
  const width = vocabulary.tokens.length;
  const isBinary = weighting === "binary";
  const rows = isBinary ? new Uint8Array(texts.length * width) : new Float32Array(texts.length * width);
  for (const [row, text] of texts.entries()) {
    const ids = tokenizer.encode(text);
    const counts = new Uint32Array(width);
    for (const id of ids) counts[id] = (counts[id] as number) + 1;
    for (const id of ids) rows[row * width + id] = isBinary ? 1 : (counts[id] as number) / ids.length;
  }
  return rows;
}
