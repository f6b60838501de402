import type { RowMix } from "../strategies/robust/rowMix.ts";
import type { TilePass } from "../strategies/robust/tileCall.ts";
import type { Row, UpdateRows } from "../strategies/robust/updateRows.ts";

/** What the pool sends a worker. */
export type TileRequest =
  /** The call that the spans to come belong to. Everything long lies in shared memory. */
  | {
      readonly kind: "call";
      /** Comes back with each answer: those of a call that failed may arrive during the next. */
      readonly id: number;
      readonly pass: TilePass;
      readonly mix: RowMix;
      /** One delta an update. */
      readonly rows: readonly Row[];
      readonly numParams: number;
      readonly hidden: UpdateRows["hidden"];
      readonly values: Float64Array;
    }
  | { readonly kind: "span"; readonly index: number };

/** What a worker answers for each span. */
export type TileAnswer =
  | { readonly kind: "done"; readonly id: number; readonly index: number; readonly sums: Float64Array }
  | { readonly kind: "failed"; readonly id: number; readonly error: unknown; readonly facts: object };
