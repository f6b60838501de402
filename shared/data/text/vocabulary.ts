import { DataFormatError } from "../dataFormatError.ts";

/**
 * The tokens of a text and their ids, as plain JSON. Id 0 is padding and id 1 stands for every token that is not listed, so
 * clients that share a vocabulary agree on every id, whatever their own text holds.
 */
export interface Vocabulary {
  readonly unit: "character" | "word";
  /** Token of each id. The first two are "" (padding) and U+FFFD (unknown). */
  readonly tokens: readonly string[];
}

export const PADDING_ID = 0;
export const UNKNOWN_ID = 1;
/** What the two reserved ids decode to. */
export const RESERVED_TOKENS: readonly string[] = ["", "\uFFFD"];

/** Ids are carried as f32 inputs where they do not fit a byte; f32 is exact up to 2^24. */
export const MAX_TOKENS = 2 ** 24;

/** Checks a vocabulary that was read from a file. @throws DataFormatError if it is none, or a token comes twice. */
export function parseVocabulary(json: unknown): Vocabulary {
  if (typeof json !== "object" || json === null || !("unit" in json) || !("tokens" in json)) {
    throw new DataFormatError('vocabulary expected an object with "unit" and "tokens"');
  }
  const { unit, tokens } = json;
  if (unit !== "character" && unit !== "word") {
    throw new DataFormatError(`vocabulary "unit" expected "character" or "word", got ${JSON.stringify(unit)}`);
  }
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === "string") || tokens.length > MAX_TOKENS) {
    throw new DataFormatError(`vocabulary "tokens" expected a list of at most ${MAX_TOKENS} texts`);
  }
  if (tokens[PADDING_ID] !== RESERVED_TOKENS[PADDING_ID] || tokens[UNKNOWN_ID] !== RESERVED_TOKENS[UNKNOWN_ID]) {
    throw new DataFormatError(
      `vocabulary "tokens" expected "" (padding) and U+FFFD (unknown) first, got ${JSON.stringify(tokens.slice(0, 2))}`,
    );
  }
  const seen = new Set<string>(RESERVED_TOKENS);
  for (const token of tokens.slice(RESERVED_TOKENS.length) as string[]) {
    if (seen.has(token))
      throw new DataFormatError(`vocabulary token ${JSON.stringify(token)} expected once, came twice`);
    if (unit === "character" && [...token].length !== 1) {
      throw new DataFormatError(
        `vocabulary of characters expected one character a token, got ${JSON.stringify(token)}`,
      );
    }
    seen.add(token);
  }
  return { unit, tokens: tokens as string[] };
}
