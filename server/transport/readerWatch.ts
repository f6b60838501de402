import type { Clock } from "../../shared/base/clock.ts";
import type { Unread } from "./peerSocket.ts";

export interface ReaderWatchOptions<Peer> {
  readonly clock: Clock;
  readonly peers: () => Iterable<Peer>;
  readonly unreadOf: (peer: Peer) => Unread;
  readonly evict: (peer: Peer, unread: Unread) => void;
  readonly limits: ReaderLimits;
}

/** What may wait for peers that do not read. */
export interface ReaderLimits {
  /** Bytes or packets for one peer; beyond, it is cut off. */
  readonly maxUnreadBytes: number;
  readonly maxUnreadPackets: number;
  /** Bytes for all peers together; beyond, whoever has anything unread gets nothing more and is cut off. */
  readonly maxTotalUnreadBytes: number;
  /** A peer that has read nothing of what waits for it for this long is cut off, after at most a quarter more. */
  readonly stalledMs: number;
}

/** Keeps peers that do not read from filling the memory: one by one, and all together. */
export interface ReaderWatch<Peer> {
  /** Cuts the peer off if it is beyond its share. Returns whether it still may be sent to. */
  maySend(peer: Peer): boolean;
  /** Whether so many bytes fit beside what the peer, and all together, have not read. */
  hasRoom(peer: Peer, numBytes: number, maxBytes: number): boolean;
  /** Begins to look for stalled peers, unless it does so already; stops by itself when there are none left. */
  watch(): void;
  stop(): void;
}

/** The sum over all peers is taken this often at most. */
const SUM_MS = 100;

export function createReaderWatch<Peer extends object>(options: ReaderWatchOptions<Peer>): ReaderWatch<Peer> {
  const { clock, peers, unreadOf, evict, limits } = options;
  /** The least that was unread at a look, and when it was first that little. */
  const stalls = new WeakMap<Peer, { bytes: number; sinceMs: number }>();
  let total = 0;
  let summedAtMs = Number.NEGATIVE_INFINITY;
  let cancelLook: (() => void) | undefined;

  function isCrowded(numBytes = 0): boolean {
    if (clock.nowMs() - summedAtMs >= SUM_MS) {
      total = 0;
      for (const peer of peers()) total += unreadOf(peer).bytes;
      summedAtMs = clock.nowMs();
    }
    return total + numBytes > limits.maxTotalUnreadBytes;
  }

  function look(): void {
    cancelLook = undefined;
    const nowMs = clock.nowMs();
    let isAnybodyThere = false;
    for (const peer of peers()) {
      isAnybodyThere = true;
      const unread = unreadOf(peer);
      const stall = stalls.get(peer);
      if (unread.bytes === 0) stalls.delete(peer);
      else if (stall === undefined || unread.bytes < stall.bytes) {
        stalls.set(peer, { bytes: unread.bytes, sinceMs: nowMs });
      } else if (nowMs - stall.sinceMs >= limits.stalledMs) evict(peer, unread);
    }
    if (isAnybodyThere) watch();
  }

  function watch(): void {
    cancelLook ??= clock.schedule(limits.stalledMs / 4, look);
  }

  return {
    maySend(peer) {
      const unread = unreadOf(peer);
      const isWithin = unread.bytes <= limits.maxUnreadBytes && unread.packets <= limits.maxUnreadPackets;
      if (isWithin && (unread.bytes === 0 || !isCrowded())) return true;
      evict(peer, unread);
      return false;
    },
    hasRoom: (peer, numBytes, maxBytes) => unreadOf(peer).bytes + numBytes <= maxBytes && !isCrowded(numBytes),
    watch,
    stop() {
      cancelLook?.();
      cancelLook = undefined;
    },
  };
}
