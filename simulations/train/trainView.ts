import type { SingleBar } from "cli-progress";
import { progressBar } from "../progressBar.ts";
import type { TrainingProgress } from "./trainModel.ts";

export interface TrainFacts {
  readonly model: string;
  readonly numParams: number;
  readonly data: string;
  readonly numExamples?: number;
  readonly seed: number;
  /** Epochs, or iterations of episodes. */
  readonly epochs: number;
}

/** What a person watches while a model trains. */
export interface TrainView {
  start(facts: TrainFacts): void;
  progress(progress: TrainingProgress): void;
  epoch(line: Readonly<Record<string, unknown>> & { readonly epoch: number; readonly seconds: number }): void;
  stop(): void;
}

/** Heading, then a bar on a terminal or a plain line an epoch; all on `stream` (standard error). */
export function createTrainView(stream: NodeJS.WriteStream): TrainView {
  let bar: SingleBar | undefined;
  let epochs = 0;
  let state = "starting";
  return {
    start(facts) {
      epochs = facts.epochs;
      stream.write(`\n  ${heading(facts)}\n`);
      bar = progressBar(stream, "  {percentage} %  {bar}  {state}   {speed}");
      bar?.start(1, 0, { state, speed: "" });
    },
    progress({ stepsDone, stepsTotal, loss, examplesPerSecond }) {
      bar?.update(stepsDone / stepsTotal, {
        state: state === "starting" ? `loss ${loss.toFixed(3)}` : state,
        speed: `${examplesPerSecond.toLocaleString("en-US")} examples/s`,
      });
    },
    epoch(line) {
      state = `epoch ${line.epoch}/${epochs}  ${figuresText(line)}`;
      if (bar) bar.update({ state });
      else stream.write(`  ${state}   ${line.seconds.toFixed(1)} s\n`);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** Figures by the words of a line's fields, those of the test set before others: "98.7 %  loss 0.043". */
export function figuresText(line: Readonly<Record<string, unknown>>): string {
  const shown = (name: string, text: (value: number) => string): string[] =>
    ["test", "validation"].flatMap((set) => {
      const value = line[`${set}${name}`];
      return typeof value === "number" ? [`${set} ${text(value)}`] : [];
    });
  const figures = [
    ...shown("Accuracy", (value) => `${(100 * value).toFixed(2)} %`),
    ...shown("Perplexity", (value) => `perplexity ${value.toFixed(3)}`),
    ...shown("RSquared", (value) => `R² ${value.toFixed(4)}`),
    ...shown("Return", (value) => `return ${value.toFixed(2)}`),
    ...shown("Loss", (value) => `loss ${value.toFixed(4)}`),
  ];
  const { trainLoss, trainReturn } = line;
  if (typeof trainLoss === "number") figures.push(`train loss ${trainLoss.toFixed(4)}`);
  if (typeof trainReturn === "number") figures.push(`train return ${trainReturn.toFixed(1)}`);
  return figures.join("  ");
}

function heading({ model, numParams, data, numExamples, seed }: TrainFacts): string {
  const examples = numExamples === undefined ? [] : [`${numExamples.toLocaleString("en-US")} examples`];
  return [`${model}, ${numParams.toLocaleString("en-US")} params`, data, ...examples, `seed ${seed}`].join("   ");
}
