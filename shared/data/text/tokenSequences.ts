import { assertPositiveInteger } from "../../base/assert.ts";
import { createTokenizer } from "./createTokenizer.ts";
import { tokenInputs } from "./tokenInputs.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Texts as rows of `length` token ids: [texts, length], cut at the end or padded with id 0 (a mask is `id > 0`). Bytes for
 * a vocabulary of at most 256 tokens, otherwise f32.
 */
export function tokenSequences(
  texts: readonly string[],
  vocabulary: Vocabulary,
  length: number,
): Uint8Array | Float32Array {
  assertPositiveInteger("length", length);
  const tokenizer = createTokenizer(vocabulary);
  const rows = tokenInputs(texts.length * length, vocabulary.tokens.length);
  for (const [row, text] of texts.entries()) rows.set(tokenizer.encode(text).subarray(0, length), row * length);
  return rows;
}
