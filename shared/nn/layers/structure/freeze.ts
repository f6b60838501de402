import type { Initializer } from "../../initializer.ts";

/** The same arrays, kept by each client and never changed. */
export function freeze(init: Readonly<Record<string, Initializer>>): Record<string, Initializer> {
  return Object.fromEntries(
    Object.entries(init).map(([name, begins]) => [name, { ...begins, kind: "frozen", scope: "private" }]),
  );
}
