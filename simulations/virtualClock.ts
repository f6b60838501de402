/** What happens at one instant of virtual time. */
export interface VirtualEvent<T> {
  readonly timeMs: number;
  /** Index of the client it concerns; -1 for the coordinator. */
  readonly client: number;
  readonly payload: T;
}

export interface VirtualClock<T> {
  /** Milliseconds since the start of the simulation: the time of the last event taken. */
  nowMs(): number;
  /** Adds an event `delayMs` >= 0 from now; returns its number, with which it can be cancelled. */
  schedule(delayMs: number, client: number, payload: T): number;
  /** Cancels an event that was not taken yet. */
  cancel(event: number): void;
  /** The next event by (time, client, order of scheduling), and the clock moves to it; nothing when none is left. */
  next(): VirtualEvent<T> | undefined;
}

/** Cancelled events that may wait in the heap before it is looked through. */
const COMPACT_FROM = 64;

interface Entry<T> extends VirtualEvent<T> {
  readonly order: number;
}

/**
 * Virtual time: it moves only when the caller takes the next event, so nothing waits and nothing depends on how long
 * the work behind an event really took. Whoever takes an event performs all its effects before it takes another. A
 * binary heap; O(log events) an operation.
 */
export function createVirtualClock<T>(): VirtualClock<T> {
  const heap: Entry<T>[] = [];
  const cancelled = new Set<number>();
  let now = 0;
  let scheduled = 0;

  function swap(a: number, b: number): void {
    const held = heap[a] as Entry<T>;
    heap[a] = heap[b] as Entry<T>;
    heap[b] = held;
  }

  function pop(): Entry<T> | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      let smallest = at;
      if (left < heap.length && isBefore(heap[left] as Entry<T>, heap[smallest] as Entry<T>)) smallest = left;
      if (left + 1 < heap.length && isBefore(heap[left + 1] as Entry<T>, heap[smallest] as Entry<T>)) {
        smallest = left + 1;
      }
      if (smallest === at) return first;
      swap(at, smallest);
      at = smallest;
    }
  }

  return {
    nowMs: () => now,
    schedule(delayMs, client, payload) {
      if (!(delayMs >= 0)) throw new RangeError(`"delayMs" expected >= 0, got ${delayMs}`);
      const order = scheduled++;
      heap.push({ timeMs: now + delayMs, client, payload, order });
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!isBefore(heap[at] as Entry<T>, heap[parent] as Entry<T>)) break;
        swap(at, parent);
        at = parent;
      }
      return order;
    },
    cancel(event) {
      cancelled.add(event);
      // Far-off deadlines of rounds long over must not pile up. A sorted array is a heap.
      if (cancelled.size > COMPACT_FROM && 2 * cancelled.size > heap.length) {
        const kept = heap.filter(({ order }) => !cancelled.has(order)).sort((a, b) => (isBefore(a, b) ? -1 : 1));
        heap.splice(0, heap.length, ...kept);
        cancelled.clear();
      }
    },
    next() {
      for (let entry = pop(); entry !== undefined; entry = pop()) {
        if (cancelled.delete(entry.order)) continue;
        now = entry.timeMs;
        return entry;
      }
      return undefined;
    },
  };
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs;
  if (a.client !== b.client) return a.client < b.client;
  return a.order < b.order;
}
