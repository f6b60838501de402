// The Node SDK: "headwater/client/node".

export { checkKeptCommits } from "../core/checkKeptCommits.ts";
export { checkKeptFork } from "../core/checkKeptFork.ts";
export { checkKeptReceipt } from "../core/checkKeptReceipt.ts";
export type { ClientEvent } from "../core/clientEvent.ts";
export type { ClientEnd, ClientRunner } from "../core/clientRunner.ts";
export {
  type EvidenceStore,
  type KeptCommit,
  type KeptFork,
  type KeptReceipt,
  memoryReceipts,
  type ReceiptStore,
} from "../core/keptReceipt.ts";
export { memoryPersonal, type PersonalStore } from "../core/personalStore.ts";
export type { SessionOptions, SessionState } from "../core/sessionState.ts";
export { defaultIdentityPath, IdentityFileError, openIdentityFile } from "./identityFile.ts";
export { type JoinOptions, joinRun } from "./joinRun.ts";
export { type DataRequest, type LoadedData, loadData } from "./loadData.ts";
export { personalFolder } from "./personalFolder.ts";
export { openReceiptFile, type ReceiptFile, readReceiptFile } from "./receiptFile.ts";
