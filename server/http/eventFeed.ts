import type { Clock } from "../../shared/base/clock.ts";

/** Server-sent events: what /api/events carries. */
export interface EventFeed {
  /** Encodes the event once and hands the same bytes to every reader. */
  publish(event: string, data: object): void;
  /** A new reader at an address, greeted with `first`; undefined when there are too many, there or altogether. */
  open(
    first: { readonly event: string; readonly data: object },
    address: string,
  ): ReadableStream<Uint8Array> | undefined;
  readonly numReaders: number;
  close(): void;
}

export interface EventFeedOptions {
  readonly clock: Clock;
  readonly limits?: Partial<FeedLimits>;
  /** A reader was turned away. */
  readonly onFull?: () => void;
}

export interface FeedLimits {
  /** Readers at once. */
  readonly maxReaders: number;
  /** Of these, from one address: nobody alone can keep all others from watching. */
  readonly maxReadersPerAddress: number;
  /** Bytes that may wait for a reader that does not read, before it is let go; EventSource reconnects by itself. */
  readonly maxUnreadBytes: number;
}

export const DEFAULT_FEED_LIMITS: FeedLimits = {
  maxReaders: 512,
  maxReadersPerAddress: 128,
  maxUnreadBytes: 256 * 1024,
};

/** A comment line this often keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;

/** Source: the event stream format of the HTML standard, section 9.2. */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const { clock, onFull } = options;
  const limits = { ...DEFAULT_FEED_LIMITS, ...options.limits };
  const encoder = new TextEncoder();
  /** Reader -> its address. */
  const readers = new Map<ReadableStreamDefaultController<Uint8Array>, string>();
  let cancelHeartbeat = clock.schedule(HEARTBEAT_MS, beat);

  const encode = (event: string, data: object): Uint8Array =>
    encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

  function numReadersAt(address: string): number {
    let count = 0;
    for (const other of readers.values()) if (other === address) count++;
    return count;
  }

  function beat(): void {
    sendAll(encoder.encode(": still here\n\n"));
    cancelHeartbeat = clock.schedule(HEARTBEAT_MS, beat);
  }

  function sendAll(bytes: Uint8Array): void {
    for (const reader of readers.keys()) {
      if ((reader.desiredSize ?? 0) < 0) {
        readers.delete(reader);
        reader.error(new Error("the reader does not read"));
      } else {
        reader.enqueue(bytes);
      }
    }
  }

  return {
    publish(event, data) {
      if (readers.size > 0) sendAll(encode(event, data));
    },
    open(first, address) {
      if (readers.size >= limits.maxReaders || numReadersAt(address) >= limits.maxReadersPerAddress) {
        onFull?.();
        return undefined;
      }
      let own: ReadableStreamDefaultController<Uint8Array>;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = controller;
            readers.set(controller, address);
            controller.enqueue(encode(first.event, first.data));
          },
          cancel() {
            readers.delete(own);
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: limits.maxUnreadBytes }),
      );
    },
    get numReaders() {
      return readers.size;
    },
    close() {
      cancelHeartbeat();
      for (const reader of readers.keys()) reader.close();
      readers.clear();
    },
  };
}
