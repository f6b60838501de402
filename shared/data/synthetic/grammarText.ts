import { assertInteger, assertPositiveInteger } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";

/**
 * Lines of sums, `37+5=42`, with operands uniform in [0, largest]. A model that has learnt to add predicts everything behind
 * the equals sign.
 * @throws RangeError unless numLines >= 1 and 1 <= largest <= 10^6.
 */
export function sumsText(options: { readonly numLines: number; readonly largest: number }, rng: Rng): string {
  const { numLines, largest } = options;
  assertPositiveInteger("numLines", numLines);
  assertInteger("largest", largest, 1, 1_000_000);
  let text = "";
  for (let line = 0; line < numLines; line++) {
    const a = rng.nextBelow(largest + 1);
    const b = rng.nextBelow(largest + 1);
    text += `${a}+${b}=${a + b}\n`;
  }
  return text;
}

const PAIRS = ["()", "[]", "{}"] as const;

/**
 * Lines of balanced brackets of three kinds, `([]{})`, at most `maxDepth` deep: the Dyck language on three pairs. Which bracket
 * closes is certain, when to close is not; so a model needs a memory of maxDepth brackets.
 * A line opens with chance 1/2 wherever it may do either, and ends at depth 0 with chance 1/4.
 * @throws RangeError unless numLines >= 1 and 1 <= maxDepth <= 100.
 */
export function bracketsText(options: { readonly numLines: number; readonly maxDepth: number }, rng: Rng): string {
  const { numLines, maxDepth } = options;
  assertPositiveInteger("numLines", numLines);
  assertInteger("maxDepth", maxDepth, 1, 100);
  let text = "";
  for (let line = 0; line < numLines; line++) {
    const closing: string[] = [];
    do {
      const opens = closing.length === 0 || (closing.length < maxDepth && rng.nextBelow(2) === 0);
      if (opens) {
        const [open = "", close = ""] = PAIRS[rng.nextBelow(PAIRS.length)] as string;
        text += open;
        closing.push(close);
      } else {
        text += closing.pop();
      }
    } while (closing.length > 0 || rng.nextBelow(4) !== 0);
    text += "\n";
  }
  return text;
}
