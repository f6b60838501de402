import type { Store } from "../store/store.ts";
import type { ObserveRun } from "./runObservation.ts";

/** A store that tells of each write; everything else passes through. */
export function observedStore(store: Store, observe: ObserveRun, nowMs: () => number): Store {
  async function told<T>(
    write: Promise<T>,
    tell: (error: string | undefined, value: T | undefined) => void,
  ): Promise<T> {
    try {
      const value = await write;
      tell(undefined, value);
      return value;
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), undefined);
      throw error;
    }
  }

  const observed: Pick<Store, "append" | "putBlob"> = {
    append(event) {
      const startMs = nowMs();
      return told(store.append(event), (error) =>
        observe({ kind: "append", event, startMs, endMs: nowMs(), ...(error === undefined ? {} : { error }) }),
      );
    },
    putBlob(bytes, knownHash) {
      const startMs = nowMs();
      const numBytes = bytes.length;
      return told(store.putBlob(bytes, knownHash), (error, hash) =>
        observe({
          kind: "put-blob",
          numBytes,
          startMs,
          endMs: nowMs(),
          ...(hash === undefined ? {} : { hash }),
          ...(error === undefined ? {} : { error }),
        }),
      );
    },
  };
  return new Proxy(store, {
    get: (target, name) => Reflect.get(Object.hasOwn(observed, name) ? observed : target, name),
  });
}
