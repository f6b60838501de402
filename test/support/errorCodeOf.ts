import { type ErrorCode, ProtocolError } from "../../shared/base/errors.ts";

/** The code of the ProtocolError that the call throws, or "accepted". Any other error is the test's failure. */
export function errorCodeOf(call: () => unknown): ErrorCode | "accepted" {
  try {
    call();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return "accepted";
}
