import { Command } from "commander";
import { parseRunList, type RunSummary } from "../../shared/protocol/runList.ts";
import { parseRunStatus } from "../../shared/protocol/runStatus.ts";
import { setPath } from "../../simulations/experiment/setPath.ts";
import { UsageError } from "../../simulations/experiment/usageError.ts";
import { wholeNumber } from "../verb/wholeNumber.ts";
import { addIdentityVerbs } from "./identityVerbs.ts";
import { addWhere, doing, type MakeVerb, type Told } from "./operatorVerb.ts";
import { readRunDocument, uploadForm } from "./runDocument.ts";
import { listLines, showLines, stateOf } from "./runLines.ts";

const ACTIONS = {
  start: ["begin the rounds of a run that waits for its start", "started", "my-run"],
  pause: ["open no more rounds until it is resumed; the open one goes on", "paused", "my-run --reason night"],
  resume: ["take a pause back", "goes on", "my-run"],
  stop: ["end a run for good; its params stay, and can be forked", "stopped", "my-run --yes"],
} as const;

/** The verb `runs`: an operator's hands on a coordinator. */
export function runsCommand(): Command {
  const command = new Command("runs")
    .description("look at the runs of a coordinator and, as its operator, make and steer them")
    .addHelpText("after", "\nExample:\n  headwater runs create run.json --start\n  headwater runs pause my-run");
  const verb: MakeVerb = (name, description, example) =>
    addWhere(command.command(name).description(description)).addHelpText(
      "after",
      `\nExample:\n  headwater runs ${name} ${example}`,
    );

  verb("list", "the runs of a coordinator", "--url https://example.org").action(
    doing(async (client) => {
      const runs = parseRunList(await client.get("runs"));
      return { value: runs, text: listLines(runs) };
    }),
  );
  verb("show", "one run: where it stands, what it does", "my-run")
    .argument("<run>", "name or id")
    .action(
      doing(async (client, run: string) => {
        const status = parseRunStatus(await client.get(`runs/${encodeURIComponent(run)}/status`));
        return { value: status, text: showLines(status) };
      }),
    );
  verb("create", "make a run; it waits for its start", "run.json --start")
    .argument("<file>", "RUN.json, as for serve")
    .option("--name <name>", "a name in place of the file's")
    .option("--start", "begin its rounds at once")
    .option("--params <file>", "start from these params, safetensors of the run's model")
    .option("--from <run[@round]>", "start from params of another run, of a round (from 1) or its latest")
    .action(
      doing(async (client, file: string, options: CreateOptions) => {
        const { start = false, params, name } = options;
        const from = options.from === undefined ? {} : { from: checkpointOf(options.from) };
        const body = { ...(await readRunDocument(file)), ...(name && { name }), start, ...from };
        const made = await client.send("POST", "runs", params === undefined ? body : await uploadForm(body, params));
        return tellRun(made, start ? "is made and started" : "is made; `headwater runs start` begins its rounds");
      }),
    );
  for (const [action, [description, done, example]] of Object.entries(ACTIONS)) {
    const inner = verb(action, description, example).argument("<run>", "name or id");
    if (action === "pause" || action === "stop")
      inner.option("--reason <text>", "why; everybody who looks at the run sees it");
    if (action === "stop") inner.option("--yes", "needed, for nothing takes it back");
    inner.action(
      doing(async (client, run: string, { reason, yes }: { readonly reason?: string; readonly yes?: boolean }) => {
        if (action === "stop" && yes !== true) {
          throw new UsageError(`a stopped run never goes on; add --yes to stop ${run} (pause can be taken back)`);
        }
        const path = `runs/${encodeURIComponent(run)}/${action}`;
        return tellRun(await client.send("POST", path, reason === undefined ? {} : { reason }), done);
      }),
    );
  }
  const forked = "my-run my-other --round 40 --set local.epochs=2";
  verb("fork", "make a run with the plan of another, from params of it", forked)
    .argument("<run>", "name or id of the run forked from")
    .argument("<name>", "name of the new run")
    .option("--round <n>", "params of this round, counted from 1 (default: the latest)", wholeNumber(1))
    .option("--set <path=value>", "what is to differ in the plan; may be repeated", collect, [])
    .option("--start", "begin its rounds at once")
    .action(
      doing(async (client, run: string, name: string, { round, set, start = false }: ForkOptions) => {
        const changes = set.reduce<Record<string, unknown>>(setPath, {});
        const request = { name, start, changes, ...(round === undefined ? {} : { round: round - 1 }) };
        return tellRun(await client.send("POST", `runs/${encodeURIComponent(run)}/fork`, request), "is made");
      }),
    );
  verb("delete", "delete a stopped run with everything that it holds", "my-run --confirm my-run")
    .argument("<run>", "name or id")
    .option("--confirm <name>", "the run's name once more")
    .action(
      doing(async (client, run: string, { confirm }: { readonly confirm?: string }) => {
        if (confirm === undefined) throw new UsageError(`this cannot be taken back; add --confirm ${run}`);
        await client.send("DELETE", `runs/${encodeURIComponent(run)}?confirm=${encodeURIComponent(confirm)}`);
        return { value: { deleted: run }, text: `  ${run} is deleted\n` };
      }),
    );
  addIdentityVerbs(verb);
  return command;
}

interface CreateOptions {
  readonly name?: string;
  readonly start?: boolean;
  readonly params?: string;
  readonly from?: string;
}

interface ForkOptions {
  readonly round?: number;
  readonly set: readonly string[];
  readonly start?: boolean;
}

function tellRun(answer: unknown, what: string): Told {
  const [run] = parseRunList({ runs: [answer] }) as [RunSummary];
  return { value: run, text: `  ${run.name} ${what}   ${stateOf(run)}, ${run.version} rounds, id ${run.runId}\n` };
}

/** "name" or "name@round", rounds counted from 1. */
function checkpointOf(text: string): { readonly run: string; readonly round?: number } {
  const [, run = "", round] = /^(.+?)(?:@(\d{1,9}))?$/.exec(text) ?? [];
  if (round === "0") throw new UsageError(`--from expected rounds counted from 1, got ${text}`);
  return { run, ...(round === undefined ? {} : { round: Number(round) - 1 }) };
}

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}
