import type { Clock } from "../../shared/base/clock.ts";
import type { ServerEvent } from "./connection.ts";

export interface PacedSenderOptions<Peer> {
  readonly clock: Clock;
  /** Puts one message on the wire for each of a few peers: encoded once for all of them. */
  readonly write: (peers: readonly Peer[], event: ServerEvent, payload: object) => void;
  /** Runs the callback in a later turn of the event loop; `setImmediate` when absent. */
  readonly later?: (callback: () => void) => void;
}

/**
 * Sends so that no crowd stops the event loop: so many peers or so much time in one turn, the rest in the turns after.
 * Messages keep their order, for each peer and altogether.
 */
export interface PacedSender<Peer> {
  send(peer: Peer, event: ServerEvent, payload: object): void;
  /** A `round` still under way is replaced by a newer one: those that the old one has not reached get the new one alone. */
  broadcast(peers: Iterable<Peer>, event: ServerEvent, payload: object, channel: string): void;
  /** Sends what waits for this peer at once, before a goodbye. */
  flush(peer: Peer): void;
  /** Messages that wait for somebody. */
  readonly numWaiting: number;
}

interface Message<Peer> {
  readonly event: ServerEvent;
  readonly payload: object;
  readonly waiting: Set<Peer>;
}

/** Peers of one write: with messages of 100 KiB it takes 2 to 5 ms. */
const SLICE = 16;
const MAX_PEERS_A_TURN = 64;
const MAX_TURN_MS = 5;

export function createPacedSender<Peer>(options: PacedSenderOptions<Peer>): PacedSender<Peer> {
  const { clock, write, later = (callback) => void setImmediate(callback) } = options;
  const queue = new Set<Message<Peer>>();
  /** The latest `round` of each channel. */
  const progress = new Map<string, Message<Peer>>();
  let isTurnOpen = false;
  let isPumping = false;
  let turnBeganMs = 0;
  let sentInTurn = 0;

  function enqueue(message: Message<Peer>): void {
    if (message.waiting.size === 0) return;
    queue.add(message);
    pump();
  }

  function pump(): void {
    if (isPumping) return; // a write that ends a connection may come back here
    isPumping = true;
    if (!isTurnOpen) beginTurn();
    try {
      for (const message of queue) {
        while (message.waiting.size > 0) {
          if (sentInTurn >= MAX_PEERS_A_TURN || clock.nowMs() - turnBeganMs >= MAX_TURN_MS) return;
          writeSlice(message);
        }
        queue.delete(message);
      }
    } finally {
      isPumping = false;
    }
  }

  function beginTurn(): void {
    isTurnOpen = true;
    turnBeganMs = clock.nowMs();
    sentInTurn = 0;
    later(() => {
      isTurnOpen = false;
      if (queue.size > 0) pump();
    });
  }

  function writeSlice({ event, payload, waiting }: Message<Peer>): void {
    const slice: Peer[] = [];
    for (const peer of waiting) {
      if (slice.length === SLICE) break;
      slice.push(peer);
      waiting.delete(peer);
    }
    sentInTurn += slice.length;
    write(slice, event, payload);
  }

  return {
    send: (peer, event, payload) => enqueue({ event, payload, waiting: new Set([peer]) }),
    broadcast(peers, event, payload, channel) {
      const message = { event, payload, waiting: new Set(peers) };
      if (event === "round") {
        const older = progress.get(channel);
        if (older !== undefined) queue.delete(older);
        progress.set(channel, message);
      }
      enqueue(message);
    },
    flush(peer) {
      for (const { event, payload, waiting } of queue) if (waiting.delete(peer)) write([peer], event, payload);
    },
    get numWaiting() {
      return queue.size;
    },
  };
}
