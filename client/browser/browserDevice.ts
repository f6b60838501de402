import type { Clock } from "../../shared/base/clock.ts";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import type { DevicePort } from "../core/devicePort.ts";
import { systemClock } from "../core/systemClock.ts";

/** Battery Status API: Chromium alone, on secure pages. Devices without a battery report that they charge. */
interface Battery extends EventTarget {
  readonly charging: boolean;
}

/**
 * Network Information API: Chromium alone; `type` on Android and ChromeOS only, so that other desktops may say that they save
 * data and never that they need not; `downlink` in megabits per second, at most 10.
 */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
  readonly saveData?: boolean;
  readonly downlink?: number;
}

/** The parts of a page that say something about the device. */
export interface PageSurroundings {
  readonly navigator: { getBattery?(): Promise<Battery>; readonly connection?: NetworkInformation };
  readonly document: EventTarget & { readonly hidden: boolean };
  /** Hears the person's input. */
  readonly window: EventTarget;
  readonly clock: Clock;
}

/** Without input for this long, the person is taken to do something else. */
const IDLE_AFTER_MS = 60_000;
const INPUT_EVENTS = ["pointerdown", "pointermove", "keydown", "wheel", "scroll"] as const;

/**
 * What a page can tell about its device without asking for a permission. `idle` is a page's view: hidden, or without
 * input for a minute; other programs may well be in use.
 */
export function browserDevice(page: PageSurroundings = thisPage()): DevicePort {
  const { document, window, clock } = page;
  const { connection } = page.navigator;
  let battery: Battery | undefined;
  let lastInputMs = clock.nowMs();

  const isIdle = (): boolean => document.hidden || clock.nowMs() - lastInputMs >= IDLE_AFTER_MS;

  return {
    facts: (): DeviceFacts => ({
      ...(battery && { charging: battery.charging }),
      idle: isIdle(),
      ...unmetered(connection),
      ...(connection?.downlink !== undefined && { downlinkKbps: Math.round(1000 * connection.downlink) }),
    }),
    watch(onChange) {
      const stop = new AbortController();
      const { signal } = stop;
      let wasIdle = isIdle();
      let cancelTimer = (): void => {};

      function lookAtIdleness(): void {
        cancelTimer();
        if (isIdle() !== wasIdle) {
          wasIdle = !wasIdle;
          onChange();
        }
        const leftMs = lastInputMs + IDLE_AFTER_MS - clock.nowMs();
        if (leftMs > 0) cancelTimer = clock.schedule(leftMs, lookAtIdleness);
      }
      function onVisibility(): void {
        if (!document.hidden) lastInputMs = clock.nowMs(); // whoever brings a page to the front is there
        lookAtIdleness();
      }
      function onInput(): void {
        lastInputMs = clock.nowMs();
        if (wasIdle) lookAtIdleness(); // else the timer that runs looks again in time
      }

      for (const name of INPUT_EVENTS) window.addEventListener(name, onInput, { signal, passive: true, capture: true });
      document.addEventListener("visibilitychange", onVisibility, { signal });
      connection?.addEventListener("change", onChange, { signal });
      void page.navigator.getBattery?.().then(
        (found) => {
          if (signal.aborted) return;
          battery = found;
          found.addEventListener("chargingchange", onChange, { signal });
          onChange();
        },
        () => undefined, // forbidden to this page: unknown, like where there is no such API
      );
      lookAtIdleness();
      return () => {
        stop.abort();
        cancelTimer();
      };
    },
  };
}

/** Unknown where the browser does not say what kind of network it is, unless its owner asked to save data. */
function unmetered({ saveData, type }: Partial<NetworkInformation> = {}): Pick<DeviceFacts, "unmetered"> {
  if (saveData === true || type === "cellular") return { unmetered: false };
  return type === "wifi" || type === "ethernet" ? { unmetered: true } : {};
}

function thisPage(): PageSurroundings {
  const { navigator, document, window } = globalThis;
  return { navigator: navigator as PageSurroundings["navigator"], document, window, clock: systemClock };
}
