import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulateCommand } from "../../simulations/simulateCommand.ts";
import { distUrl } from "../support/dist.ts";
import { type Ended, runVerb } from "./support/runVerb.ts";
import { clusters, TINY_EXPERIMENT, tinyModel } from "./support/tinyExperiment.ts";

const COMMAND = fileURLToPath(distUrl("cli/headwater.js"));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "headwater-simulate-"));
  const { inputs, targets, numExamples } = clusters(133, 1);
  const rows = Array.from({ length: numExamples }, (_, row) =>
    [...inputs.subarray(8 * row, 8 * row + 8), targets[row]].join(","),
  );
  writeFileSync(join(folder, "clusters.csv"), ["a,b,c,d,e,f,g,h,class", ...rows].join("\n"));
  writeFileSync(join(folder, "model.json"), JSON.stringify(tinyModel().document));
  const data = { source: { csv: "clusters.csv", label: "class", testFraction: 0.2 } };
  writeFileSync(join(folder, "tiny.json"), JSON.stringify({ ...TINY_EXPERIMENT, data, model: "model.json" }));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command in the folder, to its end or until it has printed what `interruptWhen` waits for. */
async function simulate(args: readonly string[], interruptWhen?: (stdout: string) => boolean): Promise<Ended> {
  let isInterrupted = false;
  const child = spawn(process.execPath, [COMMAND, "simulate", ...args], { cwd: folder, timeout: 20_000 });
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (interruptWhen && !isInterrupted && interruptWhen(stdout)) isInterrupted = child.kill("SIGINT"); // once: a second one kills
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** How the command refuses what never gets as far as a run. */
function refused(args: readonly string[]): Promise<Ended> {
  return runVerb(
    simulateCommand(),
    args.map((arg) => (/^[\w.]+\.(json|csv)$/.test(arg) ? join(folder, arg) : arg)),
  );
}

const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("headwater simulate", () => {
  it("prints data alone on standard output, and leaves a results folder from which the run can be repeated", async () => {
    const first = await simulate(["tiny.json", "--json", "--out", "first", "--workers", "1"]);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toContain("tiny   tiny, 75 params   12 clients, 5 a round   1 worker   seed 3");
    const lines = linesOf(first.stdout);
    expect(lines).toHaveLength(7);
    expect(lines.at(-1)).toMatchObject({ summary: true, rounds: 6, stopped: "rounds" });
    expect(linesOf(readFileSync(join(folder, "first/rounds.jsonl"), "utf8"))).toEqual(lines);
    const model = readFileSync(join(folder, "first/model.safetensors"));
    expect(model.length).toBeGreaterThan(300);

    const again = await simulate(["first/experiment.json", "--json", "--out", "again", "--workers", "2"]);
    expect(again).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "again/model.safetensors")).equals(model)).toBe(true);
  });

  it("trains adapters on the checkpoint that --base names", async () => {
    const args = ["tiny.json", "--workers", "1", "--rounds", "2"];
    expect(await simulate([...args, "--out", "for-lora"])).toMatchObject({ code: 0 });
    const base = ["--set", "lora.rank=2", "--base", "for-lora/model.safetensors"];
    const adapted = await simulate([...args, ...base, "--json", "--out", "lora"]);
    expect(adapted).toMatchObject({ code: 0 });
    expect(adapted.stderr).toContain("tiny LoRA, 121 params, 46 of them travel"); // 75 frozen, 2·(8 + 6) + 2·(6 + 3)
    expect(linesOf(adapted.stdout)[0]).toMatchObject({ uplinkBytes: 5 * 4 * 46 });
    // The path is absolute in what is kept, so that the run can be repeated from anywhere.
    const kept = JSON.parse(readFileSync(join(folder, "lora/experiment.json"), "utf8"));
    expect(kept).toMatchObject({ lora: { rank: 2 } });
    expect(isAbsolute(kept.base)).toBe(true);
  });

  it("says how it ended, for people", async () => {
    const args = ["tiny.json", "--set", "stop.testAccuracy=0.2", "--workers", "1", "--seed", "5", "--rounds", "3"];
    const { code, stdout, stderr } = await simulate(args);
    expect(code).toBe(0);
    expect(stdout).toContain("target reached (testAccuracy 0.2) after 1 rounds");
    expect(stderr).toContain("seed 5");
    expect(stderr).toMatch(/round 1\/3 {2}\d+\.\d %/);
    expect(stderr).not.toContain("\u001b"); // no terminal, no control sequences
  });

  it.each([
    [["tinny.json"], "no experiment file"],
    [["tiny.json", "--set", "cohort.sise=3"], 'did you mean "size"?'],
    [["tiny.json", "--set", "cohort.size=13"], "<= 12"],
    [["tiny.json", "--set", "model=2nn"], "784 values"],
    [["tiny.json", "--set", "model=3nn"], 'did you mean "2nn"?'],
    [["tiny.json", "--set", "data.source.csv=none.csv"], "none.csv"],
    [["tiny.json", "--set", "data.source.label=klass"], 'label column "klass"'],
    [["tiny.json", "--set", "lora.rank=2"], '"base" is missing'],
    [["tiny.json", "--set", "lora.rank=2", "--base", "clusters.csv"], "safetensors"],
    [["tiny.json", "--base", "clusters.csv"], "expected a model with frozen params"],
    [["tiny.json", "--workers", "0"], "[1, 256]"],
    [["tiny.json", "--rouns", "3"], "--rounds"],
    [["model.json"], '"format" is not known here'],
    [["clusters.csv"], "could not be read"],
    [[], "missing required argument"],
  ])("answers wrong usage %j with exit code 2 and the way out", async (args, message) => {
    const { code, stderr } = await refused(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("answers wrong usage without a word on standard output", async () => {
    const { code, stdout, stderr } = await simulate(["tiny.json", "--set", "cohort.sise=3", "--json"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain('did you mean "size"?');
  });

  it("never overwrites results", async () => {
    const args = ["tiny.json", "--rounds", "1", "--workers", "1", "--out", "kept"];
    expect(await simulate(args)).toMatchObject({ code: 0 });
    const kept = readFileSync(join(folder, "kept/rounds.jsonl"), "utf8");
    expect(await simulate(args)).toMatchObject({ code: 2 });
    expect(readFileSync(join(folder, "kept/rounds.jsonl"), "utf8")).toBe(kept);
  });

  it("fails with 1 when a training diverges, and says which and what to do", async () => {
    const args = [
      "tiny.json",
      "--workers",
      "1",
      "--set",
      "local.optimizer.learningRate=1000",
      "--set",
      "local.epochs=200",
    ];
    const { code, stderr } = await simulate(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/client \d+'s .*learning rate/);
  });

  it.each(["1", "2"])("keeps what is done when it is interrupted, on %s workers", async (workers) => {
    const out = `interrupted-${workers}`;
    const args = ["tiny.json", "--json", "--rounds", "1000000", "--workers", workers, "--out", out];
    const { code, stdout } = await simulate(args, (printed) => printed.includes('"round":3,'));
    expect(code).toBe(130);
    const lines = linesOf(stdout) as { round?: number; rounds?: number; stopped?: string; paramsHash: string }[];
    const summary = lines.at(-1);
    expect(summary).toMatchObject({ summary: true, stopped: "interrupted", rounds: lines.length - 1 });
    expect(lines.slice(0, -1).map(({ round }) => round)).toEqual([...lines.slice(0, -1).keys()]);
    expect(linesOf(readFileSync(join(folder, out, "rounds.jsonl"), "utf8"))).toEqual(lines);
    expect(readFileSync(join(folder, out, "model.safetensors")).length).toBeGreaterThan(300);
  });
});
