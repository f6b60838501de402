import type { Dataset } from "../../data/dataset.ts";
import type { ExactSum } from "./exactSum.ts";

/** Examples (or tokens) to judge, one a row. */
export interface MetricBatch {
  readonly numRows: number;
  /**
   * What the model says, [numRows, outputSize]: logits for classification, values for regression. A classifier with one
   * output gives the logit of class 1 against class 0, which is the same as the logits [0, output].
   */
  readonly outputs: Float32Array;
  /** Class labels [numRows], or the values aimed at, [numRows, outputSize]. */
  readonly targets: Dataset["targets"];
}

/** What a metric remembers of the rows it saw: nothing but sums, as plain JSON, so that a message can carry it. */
export interface MetricState {
  /** Rows counted; those with the ignored label are not. */
  readonly numRows: number;
  /** Whole numbers >= 0, in an order that the metric knows. */
  readonly counts: readonly number[];
  readonly sums: readonly ExactSum[];
}

/** One number, named numbers, or a table. */
export type MetricValue = number | Readonly<Record<string, number>> | readonly (readonly number[])[];

/**
 * How good a model is on some rows, in a form that merges: states of any split of the rows, merged in any order, are the
 * state of all rows, bit for bit. So federated evaluation gives the number that pooled data would give.
 */
export interface Metric<Value extends MetricValue = MetricValue> {
  readonly name: string;
  /** The state of no rows. */
  init(): MetricState;
  /**
   * The state with the rows of a batch added; the one given stays as it was.
   * @throws RangeError for sizes that do not fit, a label outside its range or a number that is NaN or infinite;
   * TypeError for targets of the wrong type.
   */
  update(state: MetricState, batch: MetricBatch): MetricState;
  /** The state of the rows of both. @throws RangeError if they are not states of this metric, with the same options. */
  merge(a: MetricState, b: MetricState): MetricState;
  /** @throws RangeError for no rows, or where the metric is undefined (an AUC without a positive). */
  finish(state: MetricState): Value;
  /** A state that a peer sent, checked for its form; whether it is honest cannot be seen. @throws ProtocolError */
  parse(value: unknown): MetricState;
}
