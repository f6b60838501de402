import type { ErrorCode } from "../../shared/base/errors.ts";
import type { RunEvent } from "../../shared/protocol/runStatus.ts";

/** What people see of the last minutes: a short list of events, and who was rejected in the open attempt. */
export interface Activity {
  add(
    kind: RunEvent["kind"],
    facts?: { readonly round?: number; readonly clientId?: string; readonly reason?: string },
  ): void;
  list(): readonly RunEvent[];
  rejected(clientId: string, code: ErrorCode): void;
  rejection(clientId: string): ErrorCode | undefined;
  /** A new attempt: nobody in it was rejected. */
  beginAttempt(): void;
}

const MAX_LISTED = 30;

/** The first 16 hex digits of a client's key: enough to find oneself, nothing to impersonate with. */
export function publicName(clientId: string): string {
  return clientId.slice(0, 16);
}

export function createActivity(wallClockMs: () => number): Activity {
  const events: RunEvent[] = [];
  const rejections = new Map<string, ErrorCode>();
  return {
    add(kind, { round, clientId, reason } = {}) {
      events.push({
        atMs: wallClockMs(),
        kind,
        ...(round === undefined ? {} : { round }),
        ...(clientId === undefined ? {} : { client: publicName(clientId) }),
        ...(reason === undefined ? {} : { reason: reason.slice(0, 500) }),
      });
      if (events.length > MAX_LISTED) events.shift();
    },
    list: () => events.slice(),
    rejected(clientId, code) {
      rejections.set(clientId, code);
    },
    rejection: (clientId) => rejections.get(clientId),
    beginAttempt() {
      rejections.clear();
    },
  };
}
