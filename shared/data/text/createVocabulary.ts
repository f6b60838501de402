import { assertInteger, assertPositiveInteger } from "../../base/assert.ts";
import { splitTokens } from "./splitTokens.ts";
import { MAX_TOKENS, RESERVED_TOKENS, type Vocabulary } from "./vocabulary.ts";

export interface VocabularyOptions {
  /** "character" when absent. */
  readonly unit?: Vocabulary["unit"];
  /** Most tokens with the two reserved ones; the most frequent are kept. */
  readonly maxTokens?: number;
  /** Tokens that come less often are unknown; 1 when absent. */
  readonly minCount?: number;
}

/**
 * A vocabulary of the tokens of some texts. Characters are numbered by code point, words by falling frequency (equal ones
 * by code unit), so the same texts in any order give the same ids.
 * @throws RangeError unless 3 <= maxTokens <= 2^24 and minCount >= 1.
 */
export function createVocabulary(texts: string | Iterable<string>, options: VocabularyOptions = {}): Vocabulary {
  const { unit = "character", maxTokens = MAX_TOKENS, minCount = 1 } = options;
  assertInteger("maxTokens", maxTokens, RESERVED_TOKENS.length + 1, MAX_TOKENS);
  assertPositiveInteger("minCount", minCount);
  const counts = new Map<string, number>();
  for (const text of typeof texts === "string" ? [texts] : texts) {
    for (const token of splitTokens(text, unit)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  for (const reserved of RESERVED_TOKENS) counts.delete(reserved);
  const byFrequency = [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .slice(0, maxTokens - RESERVED_TOKENS.length)
    .map(([token]) => token);
  const codePoint = (token: string): number => token.codePointAt(0) as number;
  const kept = unit === "word" ? byFrequency : byFrequency.sort((a, b) => codePoint(a) - codePoint(b));
  return { unit, tokens: [...RESERVED_TOKENS, ...kept] };
}
