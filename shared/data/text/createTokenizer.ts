import { splitTokens } from "./splitTokens.ts";
import { UNKNOWN_ID, type Vocabulary } from "./vocabulary.ts";

export interface Tokenizer {
  readonly vocabulary: Vocabulary;
  /** Ids of a text's tokens; a token that is not listed becomes `UNKNOWN_ID`. */
  encode(text: string): Int32Array;
  /** The text of ids: characters run on, words are set apart by a space. @throws RangeError if an id is not listed. */
  decode(ids: ArrayLike<number>): string;
}

/** Text <-> ids of a vocabulary. Characters come back as they were; words in lower case and without their spaces. */
export function createTokenizer(vocabulary: Vocabulary): Tokenizer {
  const { unit, tokens } = vocabulary;
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  return {
    vocabulary,
    encode: (text) => Int32Array.from(splitTokens(text, unit), (token) => idOf.get(token) ?? UNKNOWN_ID),
    decode(ids) {
      const texts = Array.from(ids, (id) => {
        const token = tokens[id];
        if (token === undefined) throw new RangeError(`token id expected in [0, ${tokens.length - 1}], got ${id}`);
        return token;
      });
      return unit === "character" ? texts.join("") : texts.filter((token) => token !== "").join(" ");
    },
  };
}
