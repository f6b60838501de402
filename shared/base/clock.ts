/** Time as an argument: real time in production, virtual time in tests and simulation. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin; never jumps with the wall clock. */
  nowMs(): number;
  /** Runs the callback once after `delayMs`; returns a function that cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}
