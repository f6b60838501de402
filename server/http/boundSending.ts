import type { ServerResponse } from "node:http";

type Answer = Pick<ServerResponse, "destroy" | "destroyed" | "once">;
type Buffers = ReadonlySet<ArrayBufferLike>;

/**
 * Bounds what answers under way hold in memory: one peer may take hours over params long replaced, the next over those of the
 * next commit. Bytes count once, however many answers send them. Beyond the bound the body goes whose oldest answer was begun
 * first, with all answers that send it; a body larger than the bound is sent alone. What `isHeld` anyway, such as the current
 * params of a run, takes no memory more and is let be. Call it as an answer begins.
 */
export function boundSending(
  maxBytes: number,
  onExcess: () => void,
  isHeld: (buffer: ArrayBufferLike) => boolean = () => false,
): (answer: Answer, parts: readonly Uint8Array[]) => void {
  /** In the order in which they were begun. */
  const underWay = new Map<Answer, Buffers>();
  const numHolders = new Map<ArrayBufferLike, number>();
  let numBytes = 0;

  function letGo(answer: Answer): void {
    const buffers = underWay.get(answer) ?? [];
    underWay.delete(answer);
    for (const buffer of buffers) {
      const left = (numHolders.get(buffer) as number) - 1;
      if (left > 0) numHolders.set(buffer, left);
      else if (numHolders.delete(buffer)) numBytes -= buffer.byteLength;
    }
  }

  function end(body: Buffers): void {
    for (const [answer, buffers] of underWay) {
      if (!isWithin(body, buffers)) continue;
      letGo(answer); // now, for it hears of its end a moment later
      answer.destroy();
      onExcess();
    }
  }

  return (answer, parts) => {
    if (answer.destroyed) return; // it may have heard of its end already
    const newest = new Set(parts.map(({ buffer }) => buffer));
    underWay.set(answer, newest);
    answer.once("close", () => letGo(answer));
    for (const buffer of newest) {
      const before = numHolders.get(buffer) ?? 0;
      if (before === 0) numBytes += buffer.byteLength;
      numHolders.set(buffer, before + 1);
    }
    if (numBytes <= maxBytes) return;
    // Looked at only now: what was current as its answer began may have been replaced since.
    const held = [...numHolders.keys()].filter(isHeld);
    const heldBytes = held.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const spared = new Set([...newest, ...held]);
    for (const body of underWay.values()) {
      if (numBytes - heldBytes <= maxBytes) return;
      if (!isWithin(body, spared)) end(body);
    }
  };
}

function isWithin(some: Buffers, others: Buffers): boolean {
  return [...some].every((buffer) => others.has(buffer));
}
