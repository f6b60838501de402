import { pino } from "pino";
import { onTestFinished } from "vitest";
import { loadOperatorToken } from "../../server/identity/operatorToken.ts";
import { type Coordinator, type StartCoordinatorOptions, startCoordinator } from "../../server/startCoordinator.ts";
import { openApiChecker } from "./openApiChecker.ts";
import { temporaryFolder } from "./temporaryFolder.ts";
import { tinyModel } from "./testCoordinator.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of the body
  readonly body: any;
}

export interface OperatedCoordinator extends Coordinator {
  readonly directory: string;
  readonly token: string;
  /** A request with the operator's token; its answer is checked against the OpenAPI document. */
  ask(method: string, path: string, body?: object | FormData, headers?: Record<string, string>): Promise<Answered>;
}

/** A coordinator with a data folder, as `headwater serve` runs it, and its operator. */
export async function startOperatedCoordinator(
  options: Partial<StartCoordinatorOptions> = {},
): Promise<OperatedCoordinator> {
  const directory = options.directory ?? temporaryFolder();
  const coordinator = await startCoordinator({
    plan: { name: "first", rounds: null, cohort: { size: 1, quorum: 1 } },
    model: tinyModel(),
    port: 0,
    logger: pino({ level: process.env.HEADWATER_TEST_LOG ?? "silent" }),
    timing: { gatherMs: 0 },
    initialParams: new Float32Array(10),
    ...options,
    directory,
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await coordinator.close();
    isOpen = false;
  };
  onTestFinished(close);
  const token = await loadOperatorToken(directory);
  const { localUrl } = coordinator; // the public one may be nobody's
  const check = await openApiChecker(localUrl);
  return {
    ...coordinator,
    close,
    directory,
    token,
    async ask(method, path, body, headers = {}) {
      const isForm = body instanceof FormData;
      const response = await fetch(`${localUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
      const parsed: unknown = isJson ? JSON.parse(text) : text;
      check({ method, path, status: response.status, body: parsed });
      return { status: response.status, headers: response.headers, body: parsed };
    },
  };
}

/** A run file for `tinyModel`. */
export const tinyRun = (name: string, more: object = {}): object => ({
  name,
  model: tinyModel().document,
  cohort: { size: 1, quorum: 1 },
  ...more,
});
