import type { Dataset } from "../shared/data/dataset.ts";
import type { Vocabulary } from "../shared/data/text/vocabulary.ts";

/** Data to train on and to judge by, whatever it came from. */
export interface SourceData {
  readonly train: Dataset;
  /** For choosing between models, where the source has one. */
  readonly validation?: Dataset;
  readonly test?: Dataset;
  /** What the token ids of the inputs mean. */
  readonly vocabulary?: Vocabulary;
  /** Sizes that a model needs and that the shapes of rows do not show, by the names of the zoo: nodes, edges, cells, features. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What a person should know about the data: rows that were skipped, sizes that a model needs. */
  readonly notes: readonly string[];
}
