/** Stable codes of what an operator can be told. They travel over HTTP: add freely, never rename or reuse one. */
export type OperatorErrorCode =
  /** A field of the request is not of its form. */
  | "MALFORMED"
  /** There is no such run, round or client. */
  | "NOT_FOUND"
  /** The run is not in a state in which this can be done, or the name is taken. */
  | "CONFLICT"
  /** This coordinator cannot do it at all, as it was started. */
  | "UNSUPPORTED";

/** Why an operator's request cannot be done; the message says how to mend it. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: OperatorErrorCode;

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
