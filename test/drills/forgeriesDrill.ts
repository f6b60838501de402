import { expect } from "vitest";
import { f32 } from "../../shared/codec/f32.ts";
import { type Ack, type DirectClient, openDirectWorld } from "./directWorld.ts";
import { FORGERIES, forgeryRng } from "./forgedUpdates.ts";
import { HOSTILE_CONTENTS } from "./hostileContents.ts";

export interface ForgeriesOptions {
  readonly seed: number;
  readonly cases: number;
}

export interface ForgeriesResult {
  /** How many of each kind were refused, with the codes they were refused with. */
  readonly refused: ReadonlyMap<string, { count: number; readonly codes: Set<string> }>;
  /** True duplicates of an accepted update; each got the very bytes of the first receipt. */
  readonly duplicates: number;
}

/**
 * Sends forged, replayed, reordered and poisoned updates into an open round, with true duplicates of an accepted one
 * between them; then the honest rest answers, and the model is what it would be without all that.
 */
export async function runForgeriesDrill({ seed, cases }: ForgeriesOptions): Promise<ForgeriesResult> {
  const rng = forgeryRng(seed);
  const world = await openDirectWorld(["honest", "mallory", "witness"]);
  const [honest, mallory, witness] = world.clients as unknown as [DirectClient, DirectClient, DirectClient];
  const accepted = await honest.update();
  const receipt = await honest.deliver(accepted);
  expect(receipt).toMatchObject({ ok: true, receipt: {} });
  const kinds = Object.entries({ ...FORGERIES, ...HOSTILE_CONTENTS });
  const refused = new Map(kinds.map(([kind]) => [kind, { count: 0, codes: new Set<string>() }]));
  let duplicates = 0;
  for (let i = 0; i < cases; i++) {
    if (i % 20 === 0) {
      expect(await honest.deliver(accepted)).toEqual(receipt);
      duplicates++;
      continue;
    }
    const [kind, forge] = kinds[rng.nextBelow(kinds.length)] as (typeof kinds)[number];
    const answer: Ack = await forge({ world, rng, accepted });
    if (answer.ok) throw new Error(`seed ${seed}, case ${i}, ${kind}: accepted with ${Object.keys(answer)}`);
    const seen = refused.get(kind) as { count: number; codes: Set<string> };
    seen.count++;
    seen.codes.add(String(answer.code));
  }
  const stored = () => [...world.store.events()].filter(({ event }) => event.kind === "update-accepted").length;
  expect(stored()).toBe(1);
  expect(world.coordinator.view.state).toMatchObject({ round: 0, attempt: 0, version: 0, numAnswered: 1 });

  // Denormals are numbers like others: finite, in bounds, and far below the grid of the sum.
  const denormal = new Float32Array(10).fill(2 ** -149);
  expect(await witness.deliver(await witness.update({ delta: denormal }))).toMatchObject({ ok: true, receipt: {} });
  expect(await mallory.deliver(await mallory.update())).toMatchObject({ ok: true, receipt: {} });
  await expect.poll(() => world.coordinator.view.state.version).toBe(1);
  expect(stored()).toBe(3);
  const params = f32.decode((await world.coordinator.params(world.coordinator.view.paramsHash)) as Uint8Array, 10);
  expect(params).toEqual(new Float32Array(10).fill(Math.fround(1 + (10 * 0.5 + 10 * 0.5) / 30)));
  await world.coordinator.drain();
  return { refused, duplicates };
}
