// The browser SDK: "headwater/client".

export type { DataFormatError } from "../../shared/data/dataFormatError.ts";
export type { Dataset } from "../../shared/data/dataset.ts";
export { idxDataset } from "../../shared/data/idxDataset.ts";
export {
  type CsvDataset,
  type CsvOptions,
  parseCsvDataset,
  type SkippedRow,
} from "../../shared/data/parseCsvDataset.ts";
export { type IdxArray, parseIdx } from "../../shared/data/parseIdx.ts";
export { subsetDataset } from "../../shared/data/subsetDataset.ts";
export { type Leaving, whatLeaves } from "../../shared/protocol/whatLeaves.ts";
export { checkKeptReceipt } from "../core/checkKeptReceipt.ts";
export type { ClientEvent } from "../core/clientEvent.ts";
export type { ClientEnd } from "../core/clientRunner.ts";
export type { KeptReceipt } from "../core/keptReceipt.ts";
export { type RunAddress, runAddress } from "../core/runAddress.ts";
export type { Offer, SessionState } from "../core/sessionState.ts";
export { type ClientDatabase, openDatabase } from "./database.ts";
export { describeRun, explainMisfit, type RunDescription } from "./describeRun.ts";
export { type BrowserIdentity, openIdentity } from "./identity.ts";
export { type BrowserClient, type JoinOptions, joinRun } from "./joinRun.ts";
export { openPredictor, type Prediction, type Predictor } from "./openPredictor.ts";
export { type WatchEvent, watchRun } from "./watchRun.ts";
