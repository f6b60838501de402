import { describe, expect, it } from "vitest";
import { bagOfWords } from "../../../../shared/data/text/bagOfWords.ts";
import { createVocabulary } from "../../../../shared/data/text/createVocabulary.ts";
import { tokenSequences } from "../../../../shared/data/text/tokenSequences.ts";

const WORDS = createVocabulary("win win cash", { unit: "word" }); // padding, unknown, win, cash

describe("bagOfWords", () => {
  it("marks or counts the tokens of a text, unknown ones together", () => {
    const texts = ["Win, win cash", "", "hi there win you"];
    // "win , win cash": 4 tokens, of which win 2, cash 1, the comma unknown.
    expect(bagOfWords(texts, WORDS, { weighting: "termFrequency" })).toEqual(
      Float32Array.of(0, 0.25, 0.5, 0.25, 0, 0, 0, 0, 0, 0.75, 0.25, 0),
    );
    expect(bagOfWords(texts, WORDS, { weighting: "binary" })).toEqual(
      Uint8Array.of(0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0),
    );
  });
});

describe("tokenSequences", () => {
  it("cuts long texts and pads short ones with 0", () => {
    expect(tokenSequences(["cash win no more", "win"], WORDS, 3)).toEqual(Uint8Array.of(3, 2, 1, 2, 0, 0));
  });

  it("reads characters too", () => {
    expect(tokenSequences(["ba"], createVocabulary("ab"), 3)).toEqual(Uint8Array.of(3, 2, 0));
  });
});
