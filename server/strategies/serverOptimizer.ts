import type { ServerState } from "./strategy.ts";

/**
 * Updates the global params from a pseudo-gradient, as an optimizer would from a gradient.
 * Source: Reddi et al. 2021, Algorithm 1 (ServerOpt), arXiv:2003.00295.
 */
export interface ServerOptimizer {
  /** Its moments before the first step, [numParams] each, by name. */
  init(numParams: number): ServerState["vectors"];
  /**
   * `pseudoGradient` is -(aggregated delta) in f64, [numParams]. Neither argument is changed.
   * @throws RangeError if the lengths differ or a new param is not finite.
   */
  step(state: ServerState, pseudoGradient: Float64Array): ServerState;
}
