import {
  type LiveStatus,
  parseLiveStatus,
  parseRoundSummary,
  parseRunStatus,
  type RoundSummary,
  type RunStatus,
} from "../../shared/protocol/runStatus.ts";
import { backoffWait, drawWaitMs } from "../core/backoff.ts";
import { runAddress } from "../core/runAddress.ts";

/** What a run tells anybody who watches. */
export type WatchEvent =
  | { readonly kind: "online" }
  | { readonly kind: "offline" }
  | { readonly kind: "status"; readonly status: RunStatus }
  | { readonly kind: "round"; readonly round: RoundSummary }
  | { readonly kind: "cohort"; readonly live: LiveStatus };

/**
 * Follows a run over server-sent events (GET api/events), reconnecting with full jitter until the returned function is
 * called. Each connection begins with a status, so nothing needs to be remembered over a gap but missed rounds.
 */
export function watchRun(url: string, onEvent: (event: WatchEvent) => void): () => void {
  const address = runAddress(url).api("events");
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let stopped = false;

  function open(): void {
    const opened = new EventSource(address);
    source = opened;
    const on = (name: string, read: (data: unknown) => WatchEvent): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        let event: WatchEvent;
        try {
          event = read(JSON.parse(data));
        } catch {
          reopenLater(); // a proxy's text, or a coordinator of another version: not ours to show
          return;
        }
        onEvent(event);
      });
    opened.onopen = () => {
      failures = 0;
      onEvent({ kind: "online" });
    };
    // EventSource would try again by itself, but in lockstep with every other page, and never after an HTTP error.
    opened.onerror = reopenLater;
    on("status", (data) => ({ kind: "status", status: parseRunStatus(data) }));
    on("round", (data) => ({ kind: "round", round: parseRoundSummary(data) }));
    on("cohort", (data) => ({ kind: "cohort", live: parseLiveStatus(data) }));
  }

  function reopenLater(): void {
    source?.close();
    clearTimeout(timer);
    if (stopped) return;
    failures++;
    onEvent({ kind: "offline" });
    timer = setTimeout(open, drawWaitMs(backoffWait(failures), Math.random()));
  }

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
}
