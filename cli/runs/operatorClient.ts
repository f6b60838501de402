import { whyNoAnswer } from "../../client/node/whyNoAnswer.ts";
import { plainText } from "../../shared/base/plainText.ts";

export interface OperatorClientOptions {
  /** Address of the coordinator. */
  readonly url: URL;
  /** Asked for when a request needs it. @throws UsageError if there is none. */
  readonly token: () => Promise<string>;
  readonly timeoutMs?: number;
  /** In place of Node's own, which trusts the well-known certificates alone. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A coordinator refused, or could not be reached. */
export class OperatorRequestError extends Error {
  override readonly name = "OperatorRequestError";
  /** What the coordinator answered with: a stable code; UNREACHABLE when it did not answer. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Requests to a coordinator's HTTP interface. */
export interface OperatorClient {
  readonly url: URL;
  /** @throws OperatorRequestError. */
  get(path: string): Promise<unknown>;
  /** With the operator's token. @throws OperatorRequestError. */
  send(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object | FormData): Promise<unknown>;
}

const MAX_MESSAGE_CHARS = 500;

export function createOperatorClient(options: OperatorClientOptions): OperatorClient {
  const { url, token, timeoutMs = 30_000, fetch = globalThis.fetch } = options;

  async function request(path: string, init: RequestInit): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(new URL(`api/${path}`, url), { ...init, signal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      throw new OperatorRequestError("UNREACHABLE", whyNoAnswer(url, cause), { cause });
    }
    const body: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    if (response.ok) return body;
    const { code, message } = (body ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    throw new OperatorRequestError(
      typeof code === "string" ? plainText(code, 40) : `HTTP_${response.status}`,
      typeof message === "string" ? plainText(message, MAX_MESSAGE_CHARS) : `the answer was ${response.status}`,
    );
  }

  return {
    url,
    get: (path) => request(path, {}),
    async send(method, path, body) {
      const isForm = body instanceof FormData;
      const headers = {
        authorization: `Bearer ${await token()}`,
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      };
      return request(path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
    },
  };
}
