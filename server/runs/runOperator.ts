import { numElements } from "../../shared/graph/shape.ts";
import type { Model } from "../../shared/models/model.ts";
import type { Logger } from "../logger.ts";
import { parseRunDocument } from "../serve/runFile.ts";
import { changedPlan } from "./changedPlan.ts";
import { findCheckpoint } from "./findCheckpoint.ts";
import type { HostedRun, RunSettings } from "./hostedRun.ts";
import { OperatorError } from "./operatorError.ts";
import type { RunDirectory } from "./runDirectory.ts";
import type { NewRun, RunShelf, ShelvedRun } from "./runShelf.ts";

export interface RunOperatorOptions {
  readonly runs: RunDirectory;
  /** Where further runs are kept; without one there are none. */
  readonly shelf: RunShelf | undefined;
  /** Puts a shelved run in place, its rounds not yet begun. */
  readonly host: (run: ShelvedRun) => Promise<HostedRun>;
  readonly logger: Logger;
}

export interface CreateRunRequest {
  /** A run file's document; with `from`, its model may be left out. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Rounds begin at once; otherwise the run waits for its start. */
  readonly start?: boolean;
  /** Shared params to start from, as safetensors. */
  readonly params?: Uint8Array;
  /** Another run's checkpoint to start from: that of a round, or the latest. */
  readonly from?: Checkpoint;
}

export interface Checkpoint {
  /** Name or id. */
  readonly run: string;
  /** From 0; the latest params when absent. */
  readonly round?: number;
}

export interface ForkRunRequest {
  readonly name: string;
  readonly round?: number;
  /** Fields of a run file that are to differ from the run forked from. */
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly start?: boolean;
}

export type RunAction = "start" | "pause" | "resume" | "stop";

/** An operator's hands on a coordinator's runs. Each method throws OperatorError for what cannot be done. */
export interface RunOperator {
  create(request: CreateRunRequest): Promise<HostedRun>;
  /** A new run with the plan of another, from a checkpoint of it. */
  fork(nameOrId: string, request: ForkRunRequest): Promise<HostedRun>;
  act(nameOrId: string, action: RunAction, reason?: string): Promise<HostedRun>;
  /** Deletes a stopped run with all it holds; `confirm` is its name. */
  delete(nameOrId: string, confirm: string | undefined): Promise<void>;
  find(nameOrId: string): HostedRun;
  /** Puts no more runs in place, and waits for those in the making, which begin when the coordinator starts again, and for those being deleted. */
  close(): Promise<void>;
}

/** Runs of one process: each has its own files, event feed and clients. */
const MAX_RUNS = 64;
/** What can stand in an address as it is, and is no run id. */
const NAME = /^(?![0-9a-f]{32}$)[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;
const MNIST_INPUTS = 784;
const NOT_STARTED = "it waits for its start";

export function createRunOperator({ runs, shelf, host, logger }: RunOperatorOptions): RunOperator {
  /** Runs that are being made, by name. */
  const reserved = new Map<string, Promise<HostedRun>>();
  /** Runs that are being deleted. */
  const deletions = new Set<Promise<void>>();
  let isClosing = false;

  function find(nameOrId: string): HostedRun {
    const hosted = runs.find(nameOrId);
    if (hosted !== undefined) return hosted;
    const names = runs.list().map(({ run }) => run.plan.name);
    throw new OperatorError(
      "NOT_FOUND",
      `no run ${JSON.stringify(nameOrId.slice(0, 80))}; there are ${names.join(", ")}`,
    );
  }

  async function make(run: NewRun): Promise<HostedRun> {
    if (shelf === undefined) {
      throw new OperatorError("UNSUPPORTED", "this coordinator keeps its run in memory; start it with a data folder");
    }
    if (isClosing) {
      throw new OperatorError("CONFLICT", "the coordinator is stopping; ask again once it has started again");
    }
    const { name } = run.plan;
    if (run.settings.testSource === "mnist" && numElements(run.model.document.input.shape) !== MNIST_INPUTS) {
      throw new OperatorError("MALFORMED", `"data.source" expected a model of ${MNIST_INPUTS} inputs for "mnist"`);
    }
    if (!NAME.test(name)) {
      throw new OperatorError(
        "MALFORMED",
        `"name" expected 1 to 80 letters, digits, dots, dashes and underscores, got ${JSON.stringify(name)}`,
      );
    }
    if (reserved.has(name) || runs.find(name) !== undefined) {
      throw new OperatorError("CONFLICT", `there is a run ${name} already; choose another name`);
    }
    if (runs.list().length + reserved.size >= MAX_RUNS) {
      throw new OperatorError("CONFLICT", `a coordinator has at most ${MAX_RUNS} runs; delete one, or start another`);
    }
    const making = put(run, shelf).finally(() => reserved.delete(name));
    reserved.set(name, making);
    return making;
  }

  async function put(run: NewRun, shelf: RunShelf): Promise<HostedRun> {
    const shelved = await shelf.create(run).catch(refuse);
    const hosted = await host(shelved).catch(async (error: Error) => {
      await shelf.remove(shelved).catch((cause: unknown) => {
        logger.error(
          { err: cause, run: run.plan.name },
          "a run that could not be put in place could not be deleted; it is there after a restart",
        );
      });
      return refuse(error);
    });
    if (isClosing) {
      // The runs in place are being closed already, and nobody would close this one.
      await hosted.drain();
      await shelved.store.close();
      throw new OperatorError(
        "CONFLICT",
        `run ${run.plan.name} was made; it is there when the coordinator starts again`,
      );
    }
    runs.add(hosted);
    hosted.coordinator.start();
    return hosted;
  }

  return {
    find,
    async create({ document, start = false, params, from }) {
      const source = from === undefined ? undefined : find(from.run);
      const parsed = parse({ ...(source && { model: source.model.document }), ...document });
      if (source !== undefined) assertSameParams(source, parsed.model);
      const settings = settingsOf(parsed.minRoundMs, parsed.testSource);
      return make({
        plan: parsed.plan,
        model: parsed.model,
        settings,
        ...(params && { paramsBytes: params }),
        ...(source && from && (await findCheckpoint(source, from.round))),
        ...(start ? {} : { pausedReason: NOT_STARTED }),
      });
    },
    async fork(nameOrId, { name, round, changes = {}, start = false }) {
      const source = find(nameOrId);
      const { codec, privacy } = source.run.plan;
      const { minRoundMs, testSource } = source.settings;
      if (source.hasTestSet && testSource === undefined && !("data" in changes)) refuseItsTestSet(source);
      const kept = { ...source.run.plan, ...(testSource && { data: { source: testSource } }) };
      const parsed = parse({ ...changedPlan(kept, changes), name, model: source.model.document });
      return make({
        plan: { codec, privacy, ...parsed.plan },
        model: source.model,
        settings: settingsOf("minRoundMs" in changes ? parsed.minRoundMs : minRoundMs, parsed.testSource),
        ...(await findCheckpoint(source, round)),
        ...(start ? {} : { pausedReason: NOT_STARTED }),
      });
    },
    async act(nameOrId, action, reason = `${action === "stop" ? "stopped" : "paused"} by the operator`) {
      const hosted = find(nameOrId);
      const { coordinator, run } = hosted;
      const { phase } = hosted.status().live;
      if (phase === "stopped" && action !== "stop") {
        throw new OperatorError(
          "CONFLICT",
          `run ${run.plan.name} was stopped for good; fork it to go on from its params`,
        );
      }
      if (phase === "finished") throw new OperatorError("CONFLICT", `run ${run.plan.name} is finished`);
      if (action === "pause") await coordinator.pause(reason);
      else if (action === "stop") await coordinator.stop(reason);
      else await coordinator.resume();
      const { pauseReason } = coordinator.view;
      if ((action === "start" || action === "resume") && pauseReason !== undefined) {
        throw new OperatorError("CONFLICT", `run ${run.plan.name} stays paused: ${pauseReason}`);
      }
      return hosted;
    },
    async delete(nameOrId, confirm) {
      const hosted = find(nameOrId);
      const { name, runId } = hosted.run.plan;
      if (hosted === runs.default || shelf === undefined) {
        throw new OperatorError(
          "UNSUPPORTED",
          `run ${name} is the data folder itself; stop the coordinator to delete it`,
        );
      }
      const { phase } = hosted.status().live;
      if (phase !== "stopped" && phase !== "finished") {
        throw new OperatorError("CONFLICT", `run ${name} is not stopped; stop it first`);
      }
      if (confirm !== name) {
        throw new OperatorError(
          "MALFORMED",
          `"confirm" expected the run's name, ${name}; everything it holds is deleted`,
        );
      }
      // Nothing is awaited between the look-up and this: whoever else deletes the run at the moment finds none.
      runs.remove(runId);
      hosted.disconnectAll("the run was deleted");
      const deletion = hosted.drain().then(() => shelf.remove(hosted));
      deletions.add(deletion);
      await deletion.finally(() => deletions.delete(deletion));
    },
    async close() {
      isClosing = true;
      await Promise.allSettled([...reserved.values(), ...deletions]);
    },
  };
}

function settingsOf(minRoundMs: number, testSource: RunSettings["testSource"]): RunSettings {
  return { minRoundMs, ...(testSource && { testSource }) };
}

/** @throws OperatorError MALFORMED: what the run is judged on lies in a file, which further runs cannot name. */
function refuseItsTestSet({ run }: HostedRun): never {
  throw new OperatorError(
    "MALFORMED",
    `"changes" expected "data": run ${run.plan.name} is judged on a test set of its own, which no other run can have; ` +
      'fork it without one ("data": null, in a terminal --set data=null) or, if it fits the model, with ' +
      '"data": { "source": "mnist" }',
  );
}

/** What only the whole plan, model and coordinator can tell: a rule that this cohort could not satisfy, data that it lacks. */
function refuse(error: Error): never {
  const isAsked = error instanceof TypeError || error instanceof RangeError;
  throw isAsked ? new OperatorError("MALFORMED", error.message, { cause: error }) : error;
}

/** @throws OperatorError MALFORMED naming the field. */
function parse(document: object): ReturnType<typeof parseRunDocument> {
  try {
    return parseRunDocument(document);
  } catch (error) {
    throw new OperatorError("MALFORMED", (error as Error).message, { cause: error });
  }
}

function assertSameParams(source: HostedRun, model: Model): void {
  const layout = ({ spec }: Model): string => JSON.stringify(spec);
  if (layout(source.model) === layout(model)) return;
  throw new OperatorError("MALFORMED", `"model" expected params as those of run ${source.run.plan.name}, got others`);
}
