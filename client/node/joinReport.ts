import { toHex } from "../../shared/base/hash.ts";
import { fingerprint } from "../../shared/crypto/identity.ts";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import { whatLeaves } from "../../shared/protocol/whatLeaves.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import { describeTold } from "./deviceOptions.ts";
import type { LoadedData } from "./loadData.ts";

/** What the person is told besides events. */
export interface JoinFacts {
  readonly url: string;
  readonly loaded: LoadedData;
  readonly publicKey: Uint8Array;
  readonly isNewKey: boolean;
  readonly identityPath: string;
  /** What the person said about the device. */
  readonly device: DeviceFacts;
}

/** Shows a taking part: lines for people, or JSON for machines. */
export interface JoinReport {
  show(event: ClientEvent): void;
}

const COUNT = new Intl.NumberFormat("en-US");

/** Lines of text for a person, who counts rounds from 1 as the coordinator and the page do; progress is redrawn in place on a terminal and left out elsewhere. */
export function textReport(facts: JoinFacts, out: NodeJS.WriteStream): JoinReport {
  let midLine = false;
  const line = (text: string): void => {
    out.write(`${midLine ? "\r\u001b[K" : ""}${text}\n`);
    midLine = false;
  };
  const draw = (text: string): void => {
    if (!out.isTTY) return;
    out.write(`\r\u001b[K${text}`);
    midLine = true;
  };
  line(`headwater join ${facts.url}\n`);
  for (const note of facts.loaded.notes) line(`  note        ${note}`);
  return {
    show(event) {
      if (event.kind === "progress") {
        const { stepsDone, stepsTotal, loss } = event.progress;
        draw(`  round ${event.round + 1}   training ${bar(stepsDone / stepsTotal)} loss ${loss.toFixed(4)}`);
      } else if (event.kind === "uploaded") {
        draw(`  round ${event.offer.round + 1}   uploading ${bar(event.bytesDone / event.bytesTotal)}`);
      } else {
        for (const text of describe(event, facts)) line(text);
      }
    },
  };
}

/** One JSON object a line: every event but progress, with the same names as the SDK's events, and without what is kept with receipts. */
export function jsonReport(out: NodeJS.WriteStream): JoinReport {
  return {
    show(event) {
      if (event.kind === "progress" || event.kind === "uploaded") return;
      out.write(`${JSON.stringify(event.kind === "metrics" ? { ...event, commit: undefined } : event)}\n`);
    },
  };
}

function describe(event: ClientEvent, facts: JoinFacts): readonly string[] {
  switch (event.kind) {
    case "run":
      return consent(event, facts);
    case "joined":
      return [`  joined; round ${event.round + 1} is next or open`];
    case "trained":
      return [
        `  round ${event.round + 1}   trained on ${COUNT.format(event.numExamples)} examples, loss ${event.trainLoss.toFixed(4)}`,
      ];
    case "kept":
      return [
        `  round ${event.receipt.round + 1}   receipt: the coordinator holds this update (journal ${event.receipt.journalSeq})`,
      ];
    case "metrics":
      return [
        `  round ${event.round + 1}   committed, ${metricsText(event.metrics)}${updatesText(event.headerHashes.length)}`,
      ];
    case "abandoned":
      return [`  round ${event.offer.round + 1}   given up: ${event.reason}`];
    case "declined":
      return [`  round ${event.offer.round + 1}   declined: ${event.reason}`];
    case "reconnecting":
      return [`  ${event.reason}; trying again within ${Math.ceil(event.maxWaitMs / 1000)} s, Ctrl-C gives up`];
    case "rejected":
      return [`  the coordinator refused: ${event.code}: ${event.message}`];
    case "paced":
      return [`  ${event.pace.message}${event.leaves ? `; back in ${waitText(event.pace.retryAfterMs)}` : ""}`];
    case "retrying":
    case "warning":
      return [`  ${event.message}`];
    case "finished":
      return ["  the run is finished"];
    case "left":
      return ["  left; your key and receipts are kept"];
    default:
      return [];
  }
}

/** What will be trained on what, and what leaves this machine, before anything is trained. */
function consent(event: ClientEvent & { readonly kind: "run" }, facts: JoinFacts): readonly string[] {
  const { plan, model } = event;
  const { local } = plan;
  const { loaded, publicKey, isNewKey, identityPath } = facts;
  const told = describeTold(facts.device, plan.cohort.eligibility);
  const { numNumbers, figures, isJudged } = whatLeaves(plan, model.numParams);
  const beside = [...figures, ...(isJudged ? ["how well the model did on rows held out"] : [])];
  const sent = [`${COUNT.format(numNumbers)} numbers`, "example count", "training loss", ...beside].join(", ");
  const epochs = local.epochs === 1 ? "1 pass" : `${local.epochs} passes`;
  const kept =
    plan.retention === "headers"
      ? "deletes it once its round is committed and keeps its signed header"
      : "keeps it for ever";
  return [
    `  run         ${plan.name}, coordinator ${event.fingerprint}`,
    `  model       ${model.name}, ${COUNT.format(model.numParams)} params; examples of ${model.inputShape.join(" x ")} numbers, ${model.outputSize} outputs`,
    `  your data   ${COUNT.format(loaded.data.numExamples)} examples of ${loaded.description}; they stay on this machine`,
    `  each round  ${epochs} in batches of ${local.batchSize}, ${local.optimizer.kind} ${local.optimizer.learningRate}; sends ${sent}, signed`,
    ...(told === undefined ? [] : [`  your device ${told}`]),
    `  your key    ${fingerprint(publicKey)}${isNewKey ? `, new, in ${identityPath}` : ""}`,
    `  protection  none: the coordinator sees your update by itself, ${kept}`,
    "  Ctrl-C leaves.\n",
  ];
}

function waitText(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
}

function metricsText(metrics: Readonly<Record<string, number>>): string {
  const { testAccuracy, testLoss } = metrics;
  const accuracy = testAccuracy === undefined ? "" : `test accuracy ${(100 * testAccuracy).toFixed(2)} %, `;
  return accuracy + (testLoss === undefined ? "" : `test loss ${testLoss.toFixed(4)}, `);
}

function updatesText(count: number): string {
  return count === 1 ? "1 update" : `${COUNT.format(count)} updates`;
}

function bar(fraction: number): string {
  const done = Math.round(24 * Math.min(Math.max(fraction, 0), 1));
  return `${"█".repeat(done)}${"░".repeat(24 - done)} ${Math.round(100 * fraction)} %`;
}

/** The first line of a machine-readable report: who takes part with what. */
export function jsonFacts({ url, loaded, publicKey, identityPath }: JoinFacts): string {
  const { numExamples } = loaded.data;
  return JSON.stringify({
    kind: "start",
    url,
    clientKey: toHex(publicKey),
    identity: identityPath,
    data: loaded.description,
    numExamples,
  });
}
