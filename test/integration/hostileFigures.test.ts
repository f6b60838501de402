import { afterEach, describe, expect, it } from "vitest";
import type { PlanOptions } from "../../server/openRun.ts";
import { accuracy } from "../../shared/nn/metrics/accuracy.ts";
import { encodeEvaluation } from "../../shared/train/evaluationPart.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

let coordinator: TestCoordinator | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await coordinator?.close();
  coordinator = undefined;
});

async function start(plan: Partial<PlanOptions>, ...names: string[]): Promise<RawClient[]> {
  coordinator = await startTestCoordinator({ plan, timing: { retryMs: 1, gatherMs: 5000 } });
  const { url } = coordinator;
  clients.push(...(await Promise.all(names.map((name) => joinRawClient(url, name)))));
  return clients;
}

const accepted = { ok: true, receipt: expect.anything() };

describe("figures that a strategy cannot compute with", () => {
  it.each([
    ["fractions of steps", { kind: "fednova" }, { numSteps: 1.5 }, { numSteps: 2 }],
    ["more steps than the plan's examples take", { kind: "fednova" }, { numSteps: 1e9 }, { numSteps: 2 }],
    ["a loss whose power is no number", { kind: "qfedavg", q: 100 }, { startLoss: 1e9 }, { startLoss: 2 }],
  ] as const)("are refused before the update counts: %s", async (_what, strategy, hostile, honest) => {
    const [a] = (await start({ cohort: { size: 1, quorum: 1 }, strategy }, "a")) as [RawClient];
    const offer = await a.offer();
    const trainLoss = 1;
    expect(await a.send(await a.update(offer, { metrics: { trainLoss, ...hostile } }))).toMatchObject({
      ok: false,
      code: "BOUND_EXCEEDED",
    });
    expect(await a.send(await a.update(offer, { metrics: { trainLoss, ...honest } }))).toMatchObject(accepted);
    await a.next("commit");
  });

  it("keep a place for whoever was checked: of three new clients one is beyond the population", async () => {
    const strategy = { kind: "afl", learningRate: 0.1, population: 2 } as const;
    const cohort = { size: 2, overSelection: 1.5, quorum: 1 };
    const members = await start({ cohort, strategy }, "a", "b", "c");
    const metrics = { trainLoss: 1, startLoss: 1 };
    const updates = [];
    for (const member of members) updates.push(await member.update(await member.offer(), { metrics }));
    const answers = [];
    for (const [i, member] of members.entries()) answers.push(await member.emit("submit", updates[i]?.submit));
    expect(answers.slice(0, 2)).toEqual(Array(2).fill({ ok: true, offset: 0 }));
    expect(answers[2]).toMatchObject({ ok: false, code: "BOUND_EXCEEDED" });
    expect(await members[0]?.send(updates[0] as NonNullable<(typeof updates)[0]>)).toMatchObject(accepted);
  });
});

describe("a client that is silent about its accuracy", () => {
  it("does not keep the figure of the others from the commit", async () => {
    const plan = { cohort: { size: 2, quorum: 2 }, evaluation: { heldOutFraction: 0.2 } };
    const [a, b] = (await start(plan, "a", "b")) as [RawClient, RawClient];
    const judged = { trainLoss: 1, evalExamples: 10, evalLoss: 0.5 };
    await a.send(await a.update(await a.offer(), { metrics: judged }));
    await b.send(await b.update(await b.offer(), { metrics: { ...judged, evalCorrect: 5 } }));
    expect(await a.next("commit")).toMatchObject({ metrics: { testedClients: 2, clientTestAccuracy: 0.5 } });
  });
});

describe("states of metrics that no honest client has", () => {
  it("do not stop the round of the others", async () => {
    const evaluation = { heldOutFraction: 0.2, metrics: ["accuracy"] };
    const [a, b] = (await start({ cohort: { size: 2, quorum: 1 }, evaluation }, "a", "b")) as [RawClient, RawClient];
    const parts = (numRows: number) =>
      new Map([["evaluation", encodeEvaluation([accuracy()], [{ numRows, counts: [1], sums: [] }])]]);
    const [offerA, offerB] = await Promise.all([a.offer(), b.offer()]);
    const hostile = await a.update(offerA, { parts: parts(Number.MAX_SAFE_INTEGER) });
    expect(await a.send(hostile)).toMatchObject({ ok: false, code: "MALFORMED" });
    expect(await a.send(await a.update(offerA, { parts: parts(2 ** 40) }))).toMatchObject(accepted);
    expect(await b.send(await b.update(offerB, { parts: parts(1) }))).toMatchObject(accepted);
    await a.next("commit");
  });
});
