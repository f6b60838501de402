import { describe, expect, it, vi } from "vitest";
import { bytesOf, clusters, runTiny, TINY_EXPERIMENT } from "./support/tinyExperiment.ts";

describe("a simulation", () => {
  it("learns, and reports each round as the contract says", async () => {
    const { lines, summary } = await runTiny();
    expect(lines).toHaveLength(6);
    const first = lines[0];
    // 8·6 + 6 + 6·3 + 3 = 75 params of 4 bytes, 5 clients.
    expect(first).toMatchObject({ round: 0, cohort: 5, accepted: 5, uplinkBytes: 1500, downlinkBytes: 1500 });
    expect(Object.keys(first ?? {})).toEqual([
      "round",
      "cohort",
      "accepted",
      "testAccuracy",
      "testLoss",
      "trainLoss",
      "examples",
      "uplinkBytes",
      "downlinkBytes",
      "seconds",
      "virtualSeconds",
      "paramsHash",
      "metrics",
    ]);
    const { testAccuracy, testLoss, trainLoss } = first ?? {};
    expect(first?.metrics).toEqual({ testAccuracy, testLoss, trainLoss });
    expect(first?.examples).toBeGreaterThanOrEqual(55); // five clients of 11 or 12
    expect(first?.examples).toBeLessThanOrEqual(60);
    expect(new Set(lines.map(({ paramsHash }) => paramsHash)).size).toBe(6);
    expect(lines.at(-1)?.testLoss).toBeLessThan(testLoss ?? 0);
    expect(summary).toMatchObject({
      summary: true,
      rounds: 6,
      stopped: "rounds",
      testAccuracy: lines.at(-1)?.testAccuracy,
      paramsHash: lines.at(-1)?.paramsHash,
      uplinkBytes: 9000,
    });
  });

  it("gives the same bytes again, and others for another seed", async () => {
    const first = bytesOf(await runTiny());
    expect(bytesOf(await runTiny())).toEqual(first);
    expect(bytesOf(await runTiny({ seed: 4 }))).not.toEqual(first);
  });

  it("gives the same bytes on one worker, on two and on three threads", async () => {
    const inline = bytesOf(await runTiny({}, { workers: 1 }));
    expect(bytesOf(await runTiny({}, { workers: 2 }))).toEqual(inline);
    expect(bytesOf(await runTiny({}, { workers: 3 }))).toEqual(inline);
  });

  it("gives the same bytes whatever order the updates arrive in", async () => {
    // Other devices make other clients first; nobody is over-selected, so the set of updates is the same.
    const runs = await Promise.all([1, 2, 3, 4].map((seed) => runTiny({ devices: { seed } })));
    const [first, ...others] = runs.map(bytesOf);
    for (const other of others) expect(other).toEqual(first);
    // The devices did matter: otherwise this would show nothing.
    expect(new Set(runs.map(({ lines }) => lines[0]?.virtualSeconds)).size).toBe(4);
  });

  it("closes an over-selected round at its goal, the same way on threads", async () => {
    const changes = { cohort: { size: 3, overSelection: 2 } };
    const inline = await runTiny(changes);
    expect(inline.lines.every(({ cohort, accepted }) => cohort === 6 && accepted === 3)).toBe(true);
    // Six fetched the params; at least three sent an update, the others may have been on their way.
    expect(inline.lines.every(({ downlinkBytes }) => downlinkBytes === 6 * 300)).toBe(true);
    const threads = await runTiny(changes, { workers: 2 });
    expect(bytesOf(threads)).toEqual(bytesOf(inline));
    expect(threads.lines.map(({ virtualSeconds }) => virtualSeconds)).toEqual(
      inline.lines.map(({ virtualSeconds }) => virtualSeconds),
    );
  });

  it("closes a round at its deadline with the quorum, and gives up when no attempt can have one", async () => {
    const slow = { examplesPerSecond: [1, 40] }; // 2 epochs of 11 or 12 rows: from 0.6 to 24 s
    const { lines } = await runTiny({
      devices: slow,
      cohort: { size: 5, quorumFraction: 0.2, deadlineSeconds: 1.5 },
    });
    expect(lines.some(({ accepted }) => accepted < 5)).toBe(true);
    expect(lines.every(({ virtualSeconds }) => virtualSeconds <= 20 * 1.5)).toBe(true);
    await expect(runTiny({ devices: slow, cohort: { size: 5, deadlineSeconds: 0.1 } })).rejects.toThrow(
      /aborted 20 times.*raise cohort\.deadlineSeconds/,
    );
  });

  it("stops at the first round that reaches a target", async () => {
    const all = await runTiny();
    const third = all.lines[2];
    const { lines, summary } = await runTiny({ stop: { trainLoss: third?.trainLoss } });
    const expected = all.lines.findIndex(({ trainLoss }) => trainLoss <= (third?.trainLoss ?? 0));
    expect(lines).toHaveLength(expected + 1);
    expect(summary).toMatchObject({ stopped: "target", rounds: expected + 1 });
    expect((await runTiny({ stop: { testAccuracy: 1, testLoss: 1e-9 } })).summary.stopped).not.toBe("target");
  });

  it("evaluates as often as asked and in the last round, and not at all without a test set", async () => {
    const { lines } = await runTiny({ evaluateEvery: 4 });
    expect(lines.map(({ testLoss }) => testLoss !== undefined)).toEqual([false, false, false, true, false, true]);
    const never = await runTiny({ evaluateEvery: 0 });
    expect(never.lines.some((line) => "testLoss" in line)).toBe(false);
    expect(bytesOf(never)).toMatchObject({ params: [...new Uint32Array((await runTiny()).params.slice().buffer)] });
  });

  it("ends between events when it is interrupted, with the committed rounds intact", async () => {
    const controller = new AbortController();
    let rounds = 0;
    const { lines, summary } = await runTiny(
      {},
      {
        signal: controller.signal,
        onRound() {
          if (++rounds === 2) controller.abort();
        },
      },
    );
    expect(lines).toHaveLength(2);
    expect(summary).toMatchObject({ stopped: "interrupted", rounds: 2, paramsHash: lines[1]?.paramsHash });
  });

  it.each([1, 2])("names the client whose training diverges (%i workers)", async (workers) => {
    const optimizer = { kind: "sgd", learningRate: 1000, momentum: 0.99 };
    const local = { ...TINY_EXPERIMENT.local, epochs: 50, optimizer };
    await expect(runTiny({ local }, { workers })).rejects.toThrow(/client \d+'s update is no use: .*learning rate/);
  });

  it.each([
    ["throws", "throw new Error('out of memory')", "out of memory"],
    ["ends", "process.exit(3)", "exit code 3"],
  ])("fails, and does not hang, when a training thread %s", async (_, source, message) => {
    const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    await expect(runTiny({}, { workers: 2, workerUrl })).rejects.toThrow(message);
  });

  it.each([
    ["too few clients", { cohort: { size: 5, eligibility: { minExamples: 12 } } }],
    ["a rule that needs more updates", { aggregation: { kind: "krum", byzantine: 2 } }],
  ])("starts no thread that would keep the process alive when it is refused for %s", async (_, changes) => {
    const started = vi.fn();
    process.on("worker", started);
    try {
      await expect(runTiny(changes, { workers: 2 })).rejects.toThrow();
      await new Promise(setImmediate);
      expect(started).not.toHaveBeenCalled();
      await runTiny({ rounds: 1 }, { workers: 2 });
      expect(started).toHaveBeenCalledTimes(2);
    } finally {
      process.off("worker", started);
    }
  });

  it("refuses more clients than examples", async () => {
    await expect(runTiny({}, { train: clusters(11, 1) })).rejects.toThrow("partition of 11 examples");
  });

  it.each([
    // 75 params of 4 bytes: SCAFFOLD's control goes both ways, IFCA hands out a second model and is told which was trained.
    [{ kind: "scaffold", population: 12 }, 2 * 300, 2 * 300],
    [{ kind: "ifca", clusters: 2 }, 2 * 300, 300 + 4],
  ])("counts what %o hands out and asks for beside params and delta", async (strategy, downlink, uplink) => {
    const [line] = (await runTiny({ strategy, rounds: 1 })).lines;
    expect(line).toMatchObject({ downlinkBytes: 5 * downlink, uplinkBytes: 5 * uplink });
  });
});
