import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { OperatorError } from "../runs/operatorError.ts";
import { fail } from "./answers.ts";

/** Answers 413 to a longer body, as soon as that is known. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: (context) => fail(context, 413, "TOO_LARGE", `body expected <= ${maxBytes} bytes`),
  });
}

/** @param absent what no body at all stands for; a body is required when absent. @throws OperatorError MALFORMED. */
export async function readJson(context: Context, absent?: object): Promise<unknown> {
  const text = await context.req.text();
  return text === "" && absent !== undefined ? absent : parseJson(text);
}

/** @throws OperatorError MALFORMED. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OperatorError("MALFORMED", `body expected JSON: ${(cause as Error).message}`, { cause });
  }
}
