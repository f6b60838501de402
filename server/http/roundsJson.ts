import type { RoundSummary } from "../../shared/protocol/runStatus.ts";

/** Rounds of one part of the answer. */
const BLOCK = 64;

interface Block {
  readonly last: RoundSummary;
  /** `,{...},{...}` */
  readonly bytes: Uint8Array;
}

/**
 * The answer to /rounds in parts that all who ask share: a committed round does not change, so a commit costs the last part
 * anew and not ten thousand rounds, also in the memory of those who still read the answer of before.
 */
export function roundsJson(): (rounds: readonly RoundSummary[]) => readonly Uint8Array[] {
  const encoder = new TextEncoder();
  const head = encoder.encode('{"rounds":[');
  const tail = encoder.encode("]}");
  /** By its first round. */
  const blocks = new WeakMap<RoundSummary, Block>();

  function encode(rounds: readonly RoundSummary[], from: number, to: number): Uint8Array {
    const [first, last] = [rounds[from], rounds[to - 1]] as [RoundSummary, RoundSummary];
    const known = blocks.get(first);
    if (known?.last === last) return known.bytes;
    const texts = rounds.slice(from, to).map((summary) => `,${JSON.stringify(summary)}`);
    const bytes = encoder.encode(texts.join(""));
    blocks.set(first, { last, bytes });
    return bytes;
  }

  return (rounds) => {
    const parts: Uint8Array[] = [];
    for (let from = 0; from < rounds.length; ) {
      const to = endOfBlock(rounds, from);
      parts.push(encode(rounds, from, to));
      from = to;
    }
    const [first, ...others] = parts;
    return first === undefined ? [head, tail] : [head, first.subarray(1), ...others, tail];
  };
}

/** Cut by the rounds' own numbers: the blocks stay as they are when the oldest rounds are no longer listed. */
function endOfBlock(rounds: readonly RoundSummary[], from: number): number {
  const blockOf = (at: number): number => Math.floor((rounds[at] as RoundSummary).round / BLOCK);
  let to = from + 1;
  while (to < rounds.length && blockOf(to) === blockOf(from)) to++;
  return to;
}
