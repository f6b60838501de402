import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServerEvent } from "../../../server/transport/connection.ts";
import { createPacedSender } from "../../../server/transport/pacedSender.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

interface Told {
  readonly event: ServerEvent;
  readonly n: number;
}

/** A sender whose turns end when a test says so, and what each peer was told so far. */
function scene(write?: (peer: number) => void) {
  const clock = createVirtualClock();
  const turns: (() => void)[] = [];
  const told = new Map<number, Told[]>();
  const sizes: number[] = [];
  const sender = createPacedSender<number>({
    clock,
    later: (callback) => void turns.push(callback),
    write(peers, event, payload) {
      sizes.push(peers.length);
      for (const peer of peers) {
        told.set(peer, [...(told.get(peer) ?? []), { event, n: (payload as { n: number }).n }]);
        write?.(peer);
      }
    },
  });
  return {
    ...{ sender, told, sizes, clock },
    nextTurn(): boolean {
      const turn = turns.shift();
      turn?.();
      return turn !== undefined;
    },
  };
}

const peers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const heard = (told: ReadonlyMap<number, readonly Told[]>, event: ServerEvent, n: number): number =>
  [...told.values()].filter((all) => all.some((one) => one.event === event && one.n === n)).length;

describe("the paced sender", () => {
  it("sends at once to a few, and to a crowd in slices over several turns", () => {
    const { sender, told, sizes, nextTurn } = scene();
    sender.send(7, "offer", { n: 1 });
    expect(told.get(7)).toEqual([{ event: "offer", n: 1 }]);
    nextTurn();
    sender.broadcast(peers(4000), "commit", { n: 2 }, "run");
    expect(heard(told, "commit", 2)).toBe(64);
    let turns = 0;
    while (sender.numWaiting > 0 && nextTurn()) turns++;
    expect(heard(told, "commit", 2)).toBe(4000);
    expect(turns).toBe(62); // 4000 / 64, less the first
    expect(Math.max(...sizes)).toBe(16);
  });

  it("spends no more than its time in one turn, however slow a write is", () => {
    const world = scene(() => world.clock.advance(6));
    world.sender.broadcast(peers(100), "commit", { n: 1 }, "run");
    expect(heard(world.told, "commit", 1)).toBe(16); // one slice took longer than the turn has
    world.nextTurn();
    expect(heard(world.told, "commit", 1)).toBe(32);
  });

  it("counts single messages of one turn together: a loop of offers is a crowd too", () => {
    const { sender, told, nextTurn } = scene();
    for (const peer of peers(500)) sender.send(peer, "offer", { n: 1 });
    expect(told.size).toBe(64);
    while (sender.numWaiting > 0 && nextTurn());
    expect(told.size).toBe(500);
  });

  it("replaces progress that is under way by the newest, for those it has not reached", () => {
    const { sender, told, nextTurn } = scene();
    const crowd = peers(300);
    sender.broadcast(crowd, "round", { n: 1 }, "run");
    sender.broadcast(crowd, "round", { n: 2 }, "run");
    sender.broadcast(crowd, "round", { n: 3 }, "run");
    sender.broadcast(crowd, "round", { n: 9 }, "another run");
    while (sender.numWaiting > 0 && nextTurn());
    expect(heard(told, "round", 1)).toBe(64);
    expect(heard(told, "round", 2)).toBe(0);
    expect(heard(told, "round", 3)).toBe(300);
    expect(heard(told, "round", 9)).toBe(300);
  });

  it("sends what waits for a peer at once when it is asked to", () => {
    const { sender, told } = scene();
    sender.broadcast(peers(300), "commit", { n: 1 }, "run");
    sender.send(299, "reject", { n: 2 });
    sender.flush(299);
    expect(told.get(299)).toEqual([
      { event: "commit", n: 1 },
      { event: "reject", n: 2 },
    ]);
  });

  it("keeps every peer's order, drops no commit, and ends on the newest progress, whatever comes between", () => {
    const action = fc.record({
      kind: fc.constantFrom("round", "commit", "offer", "turn"),
      peer: fc.nat(79),
    });
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 40 }), (actions) => {
        const { sender, told, nextTurn } = scene();
        const crowd = peers(80);
        actions.forEach(({ kind, peer }, n) => {
          if (kind === "turn") nextTurn();
          else if (kind === "offer") sender.send(peer, "offer", { n });
          else sender.broadcast(crowd, kind as ServerEvent, { n }, "run");
        });
        while (sender.numWaiting > 0 && nextTurn());
        const numbers = (wanted: string): number[] => actions.flatMap(({ kind }, n) => (kind === wanted ? [n] : []));
        for (const peer of crowd) {
          const all = told.get(peer) ?? [];
          expect(all.every(({ n }, i) => i === 0 || n > (all[i - 1] as Told).n)).toBe(true);
          const of = (wanted: ServerEvent): number[] => all.filter(({ event }) => event === wanted).map(({ n }) => n);
          expect(of("commit")).toEqual(numbers("commit"));
          expect(of("offer")).toEqual(numbers("offer").filter((n) => actions[n]?.peer === peer));
          expect(of("round").at(-1)).toBe(numbers("round").at(-1));
        }
      }),
      { numRuns: 50 },
    );
  });
});
