import type { Clock } from "../../shared/base/clock.ts";
import type { RoundEvent } from "./roundState.ts";

export interface MemberPresenceOptions {
  readonly clock: Clock;
  /** A member whose connection is lost is waited for this long. */
  readonly graceMs: number;
  readonly dispatch: (event: RoundEvent) => void;
}

/** Tells the round which members are gone for good: a lost connection is often back within seconds. */
export interface MemberPresence {
  /** Its time runs from the first word of it. */
  lost(clientId: string): void;
  returned(clientId: string): void;
  /** Nobody is waited for any more. */
  clear(): void;
}

export function createMemberPresence({ clock, graceMs, dispatch }: MemberPresenceOptions): MemberPresence {
  const waiting = new Map<string, () => void>();

  function stopWaiting(clientId: string): void {
    waiting.get(clientId)?.();
    waiting.delete(clientId);
  }

  return {
    lost(clientId) {
      if (waiting.has(clientId)) return;
      const cancel = clock.schedule(graceMs, () => {
        waiting.delete(clientId);
        dispatch({ type: "client-dropped", clientId });
      });
      waiting.set(clientId, cancel);
    },
    returned(clientId) {
      stopWaiting(clientId);
      dispatch({ type: "client-returned", clientId });
    },
    clear() {
      for (const clientId of [...waiting.keys()]) stopWaiting(clientId);
    },
  };
}
