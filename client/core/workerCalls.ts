import type { WorkerLink } from "./workerLink.ts";

/** Who waits for what comes of one order. */
export interface Waiting<News> {
  /** Takes each piece of news of the order; true if it was the last. */
  readonly take: (news: News) => boolean;
  /** The worker is gone, and with it the answer. */
  readonly lost: (reason: Error) => void;
}

export interface WorkerCallsOptions<Order, News> {
  readonly start: () => WorkerLink<Order, News>;
  /** What a worker is told when it starts, before anything else: the first one, and each that takes the place of one that died. */
  readonly greeting?: () => readonly Order[];
}

export interface WorkerCalls<Order, News> {
  /** Starts the worker if none runs, so that it loads while other things are done. */
  warmUp(): void;
  /** Posts an order that carries the given id. Gives the id. */
  ask(order: (id: number) => Order, waiting: Waiting<News>): number;
  /** Waits no longer, and tells the worker with an order of its own; false if nobody waited any more. */
  cancel(id: number, order: Order): boolean;
  /** Ends the worker; what is under way is lost. */
  close(reason: Error): void;
}

/**
 * Orders for a worker and the answers to them, matched by id. A worker that dies fails what is under way; the next order starts
 * another.
 */
export function createWorkerCalls<Order, News extends { readonly id: number }>({
  start,
  greeting = () => [],
}: WorkerCallsOptions<Order, News>): WorkerCalls<Order, News> {
  const waiting = new Map<number, Waiting<News>>();
  let worker: WorkerLink<Order, News> | undefined;
  let nextId = 1;

  function failAll(reason: Error): void {
    for (const { lost } of waiting.values()) lost(reason);
    waiting.clear();
  }

  function startWorker(): WorkerLink<Order, News> {
    const started = start();
    started.onNews((news) => {
      if (waiting.get(news.id)?.take(news)) waiting.delete(news.id);
    });
    started.onFailure((reason) => {
      if (worker === started) worker = undefined;
      started.terminate();
      failAll(reason);
    });
    for (const order of greeting()) started.post(order);
    return started;
  }

  return {
    warmUp() {
      worker ??= startWorker();
    },
    ask(order, entry) {
      const id = nextId++;
      waiting.set(id, entry);
      worker ??= startWorker();
      worker.post(order(id));
      return id;
    },
    cancel(id, order) {
      if (!waiting.delete(id)) return false;
      worker?.post(order);
      return true;
    },
    close(reason) {
      worker?.terminate();
      worker = undefined;
      failAll(reason);
    },
  };
}
