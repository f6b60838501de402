import type { Vocabulary } from "./vocabulary.ts";

/**
 * The tokens of a text, in order. Characters are Unicode code points. Words are lower-case runs of letters, digits and
 * inner apostrophes; every other mark that is not white space is a token of its own ("£", "!").
 */
export function splitTokens(text: string, unit: Vocabulary["unit"]): string[] {
  if (unit === "character") return [...text];
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu) ?? [];
}
