/** What a step leaves behind: the optimizer's state and the new global params, both new values. */
export interface Stepped<S> {
  readonly state: S;
  /** Rounded once to f32, [numParams]. */
  readonly params: Float32Array;
}

/**
 * Updates the global params from a pseudo-gradient, as an optimizer would from a gradient.
 * Source: Reddi et al. 2021, Algorithm 1 (ServerOpt), arXiv:2003.00295.
 */
export interface ServerOptimizer<S> {
  init(numParams: number): S;
  /**
   * `pseudoGradient` is -(aggregated delta) in f64, [numParams]. Neither argument is changed.
   * @throws RangeError if the lengths differ or a new param is not finite.
   */
  step(state: S, params: Float32Array, pseudoGradient: Float64Array): Stepped<S>;
}
