/** How grave a finding is: as it should be; worth knowing; to be mended soon; the run cannot be trusted or go on. */
export type FindingLevel = "ok" | "note" | "warning" | "error";

export type CheckName =
  | "folder"
  | "lock"
  | "database"
  | "journal"
  | "signatures"
  | "blobs"
  | "key"
  | "permissions"
  | "disk"
  | "clock";

/** One thing that `headwater doctor` looked at. */
export interface Finding {
  readonly check: CheckName;
  readonly level: FindingLevel;
  /** What was found, and where. */
  readonly message: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly mend?: string;
  /** Takes the cause away without losing anything that the run needs. */
  readonly repair?: () => Promise<void>;
}
