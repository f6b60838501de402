import { describe, expect, it } from "vitest";
import { DataFormatError } from "../../../../shared/data/dataFormatError.ts";
import { createTokenizer } from "../../../../shared/data/text/createTokenizer.ts";
import { createVocabulary } from "../../../../shared/data/text/createVocabulary.ts";
import { parseVocabulary } from "../../../../shared/data/text/vocabulary.ts";

describe("createVocabulary", () => {
  it("numbers characters by code point after padding and unknown, whatever the order of the texts", () => {
    const vocabulary = createVocabulary(["ba", "é\na"]);
    expect(vocabulary).toEqual({ unit: "character", tokens: ["", "\uFFFD", "\n", "a", "b", "é"] });
    expect(createVocabulary(["é\na", "ba"])).toEqual(vocabulary);
  });

  it("keeps the most frequent tokens and drops rare ones", () => {
    expect(createVocabulary("aaabbcd", { maxTokens: 4 }).tokens.slice(2)).toEqual(["a", "b"]);
    expect(createVocabulary("aaabbcd", { minCount: 2 }).tokens.slice(2)).toEqual(["a", "b"]);
    // c and d come once each: the lower code unit wins the last place.
    expect(createVocabulary("aaabbdc", { maxTokens: 5 }).tokens.slice(2)).toEqual(["a", "b", "c"]);
  });

  it("numbers words by falling frequency, in lower case, marks apart", () => {
    const { tokens } = createVocabulary(["You've won £5!", "won! WON you've"], { unit: "word" });
    expect(tokens.slice(2)).toEqual(["won", "!", "you've", "5", "£"]);
  });

  it("refuses room for nothing but the reserved ids", () => {
    expect(() => createVocabulary("a", { maxTokens: 2 })).toThrow(RangeError);
  });
});

describe("createTokenizer", () => {
  it("gives a text of known characters back, and marks the unknown ones", () => {
    const tokenizer = createTokenizer(createVocabulary("hello 🌊"));
    expect(tokenizer.decode(tokenizer.encode("hello 🌊"))).toBe("hello 🌊");
    expect(tokenizer.encode("hé")).toEqual(Int32Array.of(tokenizer.vocabulary.tokens.indexOf("h"), 1));
    expect(tokenizer.decode(tokenizer.encode("hé"))).toBe("h\uFFFD");
  });

  it("reads words without regard to case and leaves padding out", () => {
    const tokenizer = createTokenizer(createVocabulary("one two", { unit: "word" }));
    expect([...tokenizer.encode("TWO three one")]).toEqual([3, 1, 2]);
    expect(tokenizer.decode([3, 1, 2, 0, 0])).toBe("two \uFFFD one");
  });

  it("refuses an id that is not listed", () => {
    expect(() => createTokenizer(createVocabulary("ab")).decode([4])).toThrow("[0, 3], got 4");
  });
});

describe("parseVocabulary", () => {
  it("takes its own JSON back", () => {
    const vocabulary = createVocabulary("to be");
    expect(parseVocabulary(JSON.parse(JSON.stringify(vocabulary)))).toEqual(vocabulary);
  });

  it.each([
    ["no object", "abc", '"unit" and "tokens"'],
    ["another unit", { unit: "byte", tokens: [] }, 'got "byte"'],
    ["tokens that are no texts", { unit: "word", tokens: [1] }, "a list"],
    ["no reserved ids", { unit: "word", tokens: ["a", "b"] }, "U+FFFD"],
    ["a token twice", { unit: "word", tokens: ["", "\uFFFD", "a", "a"] }, '"a" expected once'],
    ["two characters in one", { unit: "character", tokens: ["", "\uFFFD", "ab"] }, 'got "ab"'],
  ])("refuses %s", (_, json, message) => {
    expect(() => parseVocabulary(json)).toThrow(DataFormatError);
    expect(() => parseVocabulary(json)).toThrow(message);
  });
});
