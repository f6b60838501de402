import { describe, expect, it, onTestFinished } from "vitest";
import { describeRun, explainMisfit } from "../../../client/browser/describeRun.ts";
import { openPredictor } from "../../../client/browser/openPredictor.ts";
import { createModelHost } from "../../../client/core/modelHost.ts";
import { createModelWorker, type StartModelWorker } from "../../../client/core/modelWorker.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { startRealCoordinator } from "../../support/safetensorsCoordinator.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { inProcessLink } from "../inProcessLink.ts";

const worker: StartModelWorker = () => inProcessLink(createModelHost);

async function start(): Promise<string> {
  const coordinator = await startRealCoordinator({ model: tinyModel(), plan: { name: "shown first" } });
  onTestFinished(() => coordinator.close());
  return coordinator.url;
}

describe("describeRun", () => {
  it("shows run, plan and model with hashes of what came", async () => {
    const run = await describeRun(await start(), worker);
    expect(run.plan.name).toBe("shown first");
    expect(run.model.name).toBe("tiny");
    expect([run.planHash, run.modelHash]).toEqual([run.status.run.planHash, run.status.run.modelHash]);
    expect(run.status.run.coordinatorKey.startsWith(run.fingerprint.replaceAll(" ", ""))).toBe(true);
  });

  it("says before joining whether data fits", async () => {
    const run = await describeRun(await start(), worker);
    const rows = (width: number): Dataset => ({
      numExamples: 1,
      inputShape: [width],
      inputs: new Float32Array(width),
      targets: Uint8Array.of(1),
      targetSize: 1,
    });
    expect(explainMisfit(run, rows(4))).toBeUndefined();
    expect(explainMisfit(run, rows(5))).toContain("expected examples of 4 numbers (4), got 5");
  });

  it("refuses a model that is none, and says why", async () => {
    const json = { ...tinyModel().document, layers: [{ kind: "linear" }] };
    await expect(createModelWorker(worker).describe(json)).rejects.toThrow("model document");
  });

  it("names the address that does not answer as a coordinator does", async () => {
    const url = await start();
    await expect(describeRun(`${url}/nowhere`, worker)).rejects.toThrow("/nowhere/api/");
  });
});

describe("openPredictor", () => {
  it("answers with the params of the hash that it is asked for", async () => {
    const url = await start();
    const run = await describeRun(url, worker);
    const predictor = openPredictor(url, run, worker);
    const answer = await predictor.predict(Float32Array.of(1, 2, 3, 4), run.status.live.paramsHash);
    // Every param is 0.01: both outputs are 0.01 · (1 + 2 + 3 + 4) + 0.01, so both classes are as likely.
    expect([...answer.outputs].map((output) => output.toFixed(4))).toEqual(["0.1100", "0.1100"]);
    expect([...answer.probabilities]).toEqual([0.5, 0.5]);
  });

  it("tells model and params to the worker that takes the place of one that died", async () => {
    const url = await start();
    const run = await describeRun(url, worker);
    const failures: ((reason: Error) => void)[] = [];
    const predictor = openPredictor(url, run, () => {
      const link = worker();
      // The first one dies as soon as it is asked.
      const isFirst = failures.length === 0;
      return {
        ...link,
        post: (order) => (isFirst ? failures[0]?.(new Error("out of memory")) : link.post(order)),
        onFailure: (listener) => void failures.push(listener),
      };
    });
    const ask = () => predictor.predict(Float32Array.of(1, 2, 3, 4), run.status.live.paramsHash);
    await expect(ask()).rejects.toThrow("out of memory");
    expect([...(await ask()).probabilities]).toEqual([0.5, 0.5]);
  });

  it("refuses an input of another size and params that are not there, and can be asked again", async () => {
    const url = await start();
    const run = await describeRun(url, worker);
    const predictor = openPredictor(url, run, worker);
    const { paramsHash } = run.status.live;
    await expect(predictor.predict(new Uint8Array(5), paramsHash)).rejects.toThrow('"input" expected 4 numbers, got 5');
    const missing = `sha256-${"0".repeat(64)}`;
    await expect(predictor.predict(new Uint8Array(4), missing)).rejects.toThrow("got 404");
    expect((await predictor.predict(new Uint8Array(4), paramsHash)).paramsHash).toBe(paramsHash);
  });
});
