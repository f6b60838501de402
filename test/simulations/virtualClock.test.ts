import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../simulations/virtualClock.ts";

describe("virtualClock", () => {
  it("takes events by time, then client, then order of scheduling, whatever the order they came in", () => {
    const event = fc.record({ delay: fc.integer({ min: 0, max: 20 }), client: fc.integer({ min: -1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const clock = createVirtualClock<number>();
        for (const [order, { delay, client }] of events.entries()) clock.schedule(delay, client, order);
        const expected = events
          .map(({ delay, client }, order) => ({ delay, client, order }))
          .sort((a, b) => a.delay - b.delay || a.client - b.client || a.order - b.order)
          .map(({ order }) => order);
        const taken: number[] = [];
        for (let next = clock.next(); next !== undefined; next = clock.next()) taken.push(next.payload);
        expect(taken).toEqual(expected);
      }),
      { seed: 20_170_228 },
    );
  });

  it("moves only when an event is taken, and counts delays from there", () => {
    const clock = createVirtualClock<string>();
    clock.schedule(10, 0, "first");
    expect(clock.nowMs()).toBe(0);
    expect(clock.next()?.payload).toBe("first");
    expect(clock.nowMs()).toBe(10);
    clock.schedule(5, 0, "second");
    expect(clock.next()).toMatchObject({ timeMs: 15, payload: "second" });
    expect(clock.next()).toBeUndefined();
  });

  it("passes over a cancelled event without moving to its time", () => {
    const clock = createVirtualClock<string>();
    const early = clock.schedule(1, 0, "early");
    clock.schedule(7, 0, "late");
    clock.cancel(early);
    expect(clock.next()?.payload).toBe("late");
  });

  it("keeps the order of what is left when many events were cancelled", () => {
    const clock = createVirtualClock<number>();
    const events = Array.from({ length: 500 }, (_, i) => clock.schedule((i * 7919) % 500, 0, i));
    for (const [i, event] of events.entries()) if (i % 5 !== 0) clock.cancel(event);
    const times: number[] = [];
    for (let next = clock.next(); next !== undefined; next = clock.next()) {
      expect(next.payload % 5).toBe(0);
      times.push(next.timeMs);
    }
    expect(times).toHaveLength(100);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("refuses to go back in time", () => {
    expect(() => createVirtualClock<string>().schedule(-1, 0, "x")).toThrow(RangeError);
    expect(() => createVirtualClock<string>().schedule(Number.NaN, 0, "x")).toThrow(RangeError);
  });
});
