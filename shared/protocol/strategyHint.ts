import { isRecord } from "./parseWith.ts";

/** Papers that are what clients do, or what a model keeps private, with how a run says so. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  fedprox: '"strategy": { "kind": "fedavg", "client": { "kind": "fedprox", "mu": 0.1 } }',
  fedrep: '"strategy": { "kind": "fedavg", "client": { "kind": "fedrep", "headEpochs": 5 } } with "personal"',
  ditto: '"strategy": { "kind": "fedavg", "client": { "kind": "ditto", "lambda": 0.1 } }',
  moon: '"strategy": { "kind": "fedavg", "client": { "kind": "moon", "mu": 1, "temperature": 0.5 } }',
  fedbn: '"personal": { "layers": "norm" }',
  fedper: '"personal": { "layers": { "head": 1 } }',
};

/** What to say to somebody whose document names such a paper as its `strategy.kind`; undefined for everything else. */
export function strategyHint(document: unknown): string | undefined {
  const strategy = isRecord(document) ? document.strategy : undefined;
  const kind = isRecord(strategy) ? strategy.kind : undefined;
  if (typeof kind !== "string" || !Object.hasOwn(ELSEWHERE, kind)) return undefined;
  return `"strategy.kind" "${kind}" is no step of the server; write ${ELSEWHERE[kind]}`;
}
