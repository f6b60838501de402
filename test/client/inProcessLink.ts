import type { WorkerLink } from "../../client/core/workerLink.ts";

/** The worker's code and the main thread's, talking as through a worker, in one thread. */
export function inProcessLink<Order, News>(
  createHost: (post: (news: News) => void) => (order: Order) => void,
): WorkerLink<Order, News> {
  const listeners: ((news: News) => void)[] = [];
  const host = createHost((news) => {
    const copy = structuredClone(news);
    queueMicrotask(() => {
      for (const listener of listeners) listener(copy);
    });
  });
  return {
    post: (order) => {
      const copy = structuredClone(order);
      queueMicrotask(() => host(copy));
    },
    onNews: (listener) => void listeners.push(listener),
    onFailure: () => {},
    terminate: () => void listeners.splice(0),
  };
}
