import { describe, expect, it } from "vitest";
import { browserDevice, type PageSurroundings } from "../../../client/browser/browserDevice.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";
import { drain } from "../core/virtualClock.ts";

type Page = PageSurroundings["navigator"];

/** A page made of plain event targets, with what its browser knows. */
function openPage(navigator: Page = {}) {
  const clock = createVirtualClock();
  const document = Object.assign(new EventTarget(), { hidden: false });
  const window = new EventTarget();
  const device = browserDevice({ navigator, document, window, clock });
  let changes = 0;
  const stop = device.watch(() => changes++);
  return { clock, document, window, device, stop, changes: () => changes };
}

const target = <T extends object>(facts: T): EventTarget & T => Object.assign(new EventTarget(), facts);

describe("what a page tells about its device", () => {
  it("is whether it is idle, where the browser knows nothing else", () => {
    expect(openPage().device.facts()).toEqual({ idle: false });
  });

  it.each([
    [
      { type: "wifi", downlink: 9.85 },
      { unmetered: true, downlinkKbps: 9850 },
    ],
    [
      { type: "ethernet", downlink: 0 },
      { unmetered: true, downlinkKbps: 0 },
    ],
    [{ type: "wifi", saveData: true }, { unmetered: false }],
    [{ type: "cellular", saveData: false }, { unmetered: false }],
    [{ saveData: true }, { unmetered: false }],
    [{ saveData: false }, {}],
    [{ type: "bluetooth" }, {}],
  ])("reads the network %o as %o", (network, facts) => {
    expect(openPage({ connection: target(network) }).device.facts()).toEqual({ idle: false, ...facts });
  });

  it("follows the battery once the browser has found it", async () => {
    const battery = target({ charging: false });
    const { device, changes, stop } = openPage({ getBattery: async () => battery });
    expect(device.facts()).toEqual({ idle: false });
    await drain();
    expect([changes(), device.facts().charging]).toEqual([1, false]);
    battery.charging = true;
    battery.dispatchEvent(new Event("chargingchange"));
    expect([changes(), device.facts().charging]).toEqual([2, true]);
    stop();
    battery.dispatchEvent(new Event("chargingchange"));
    expect(changes()).toBe(2);
  });

  it("leaves the battery unknown where the page may not ask", async () => {
    const refused = async () => Promise.reject(new Error("not allowed"));
    const { device, changes } = openPage({ getBattery: refused });
    await drain();
    expect([changes(), device.facts()]).toEqual([0, { idle: false }]);
  });

  it("hears of a change of the network until it is stopped", () => {
    const connection = target({ downlink: 1 });
    const { changes, stop } = openPage({ connection });
    connection.dispatchEvent(new Event("change"));
    stop();
    connection.dispatchEvent(new Event("change"));
    expect(changes()).toBe(1);
  });
});

describe("idleness", () => {
  it("comes a minute after the last input and goes with the next", () => {
    const { clock, window, device, changes } = openPage();
    clock.advance(59_999);
    window.dispatchEvent(new Event("keydown"));
    clock.advance(59_999);
    expect([changes(), device.facts().idle]).toEqual([0, false]);
    clock.advance(1);
    expect([changes(), device.facts().idle]).toEqual([1, true]);
    window.dispatchEvent(new Event("pointermove"));
    expect([changes(), device.facts().idle]).toEqual([2, false]);
    clock.advance(60_000);
    expect([changes(), device.facts().idle]).toEqual([3, true]);
  });

  it("comes at once when the page is hidden, and goes when it is shown", () => {
    const { clock, document, device, changes } = openPage();
    clock.advance(59_000);
    document.hidden = true;
    document.dispatchEvent(new Event("visibilitychange"));
    expect([changes(), device.facts().idle]).toEqual([1, true]);
    clock.advance(3_600_000);
    document.hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
    expect([changes(), device.facts().idle]).toEqual([2, false]);
  });

  it("leaves no timer behind", () => {
    const { clock, window, stop, changes } = openPage();
    window.dispatchEvent(new Event("wheel"));
    stop();
    expect(clock.numScheduled).toBe(0);
    window.dispatchEvent(new Event("wheel"));
    expect(changes()).toBe(0);
  });
});
