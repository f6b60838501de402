import { expect, it } from "vitest";
import { runDeafDrill, runMemoryDrill, runSlowPeersDrill } from "./strangersDrill.ts";

const peers = Number(process.env.PEERS ?? 100);
const MIB = 2 ** 20;

it(`gives ${peers} strangers less than 64 MiB, whatever they begin (PEERS=${peers})`, async () => {
  const result = await runMemoryDrill({ peers, watchMs: 2000, fragmentsEach: 16_000 });
  for (const [name, { growth, open }] of Object.entries(result)) {
    console.log(`${peers} peers, ${name}: ${(growth / MIB).toFixed(1)} MiB more; ${open} still connected`);
  }
  for (const [name, { growth }] of Object.entries(result)) expect(growth, name).toBeLessThan(64 * MIB);
}, 300_000);

it("lets slow peers hold on for 10 s at most, and the honest ones go on as before", async () => {
  const many = { halfOpen: 500, slowBodies: 100, neverJoining: 100 };
  const { alone, attacked, goneAfterMs } = await runSlowPeersDrill({ ...many, rounds: 100, untilGone: true });
  for (const [kind, ms] of Object.entries(goneAfterMs)) {
    console.log(`${ms.length} x ${kind}: gone after ${(Math.max(...ms) / 1000).toFixed(1)} s at most`);
  }
  const p99 = (all: readonly number[]): number =>
    all.toSorted((a, b) => a - b)[Math.floor(0.99 * all.length)] as number;
  console.log(`p99 of a round: ${p99(alone).toFixed(0)} ms alone, ${p99(attacked).toFixed(0)} ms under attack`);
  for (const [kind, ms] of Object.entries(goneAfterMs)) expect(Math.max(...ms), kind).toBeLessThan(10_500);
  expect(p99(attacked)).toBeLessThan(2 * p99(alone));
}, 600_000);

it("cuts off members that do not read", async () => {
  const ms = await runDeafDrill(20);
  console.log(`20 members that read nothing: all gone after ${(ms / 1000).toFixed(1)} s`);
  expect(ms).toBeLessThan(12_500); // 8 s without progress, seen within 2 s more, once the line is full
}, 300_000);
