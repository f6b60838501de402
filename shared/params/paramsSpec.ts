import type { Shape } from "../graph/tensor.ts";

/** One named array within a flat params vector. */
export interface ParamsEntry {
  /** Dotted path, unique within the spec: "layers.0.w". */
  readonly name: string;
  readonly shape: Shape;
  /** First element within the flat vector, in elements. */
  readonly offset: number;
  /** Product of the shape, in elements. */
  readonly length: number;
  /** Shared params travel and are aggregated; private ones never leave the client. */
  readonly scope: "shared" | "private";
  /**
   * Only trainable entries take a gradient. Statistics (running means) are replaced by what a layer computes while it
   * trains; frozen entries (the base of an adapter) never change.
   */
  readonly kind: "trainable" | "statistic" | "frozen";
}

/**
 * The layout of a model's params: named arrays over one flat Float32Array.
 * Entries are ordered by offset without gaps; the shared ones come first, so that hashes and deltas cover a prefix.
 */
export interface ParamsSpec {
  readonly entries: readonly ParamsEntry[];
  /** Elements of the whole vector. */
  readonly length: number;
  /** Elements of the shared prefix: what deltas, updates and hashes cover. */
  readonly sharedLength: number;
}
