import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { parseAction, parseCreateRun, parseForkRun } from "../../shared/protocol/operatorRequests.ts";
import type { HostedRun } from "../runs/hostedRun.ts";
import { OperatorError } from "../runs/operatorError.ts";
import type { RunDirectory } from "../runs/runDirectory.ts";
import type { RunAction, RunOperator } from "../runs/runOperator.ts";
import { fresh } from "./answers.ts";
import { limitBody, parseJson, readJson } from "./bodies.ts";
import { summariseRun } from "./runList.ts";

type Env = { Bindings: HttpBindings };

export interface OperatorRoutesOptions {
  readonly runs: Pick<RunDirectory, "default">;
  readonly operator: RunOperator;
  /** Lets operators through and nobody else. */
  readonly gate: MiddlewareHandler<Env>;
}

/** A run file with its model document, as JSON. */
const MAX_JSON_BYTES = 256 * 1024;
/** The same with the params of the largest model. */
const MAX_UPLOAD_BYTES = 4 * LIMITS.maxNumParams + 2 * 1024 * 1024;
const ACTIONS: readonly RunAction[] = ["start", "pause", "resume", "stop"];

/** What only an operator may do: below /api/runs, every method but GET. */
export function addOperatorRoutes(app: Hono<Env>, { runs, operator, gate }: OperatorRoutesOptions): void {
  const summary = (context: Context, hosted: HostedRun, status: 200 | 201 = 200): Response =>
    fresh(context, summariseRun(hosted, hosted === runs.default), status);

  app.post("/api/runs", gate, limitBody(MAX_UPLOAD_BYTES), async (context) => {
    const { json, params } = await readUpload(context);
    const { start = false, from, ...document } = parseCreateRun(json);
    const hosted = await operator.create({ document, start, ...(params && { params }), ...(from && { from }) });
    return summary(context, hosted, 201);
  });

  for (const action of ACTIONS) {
    app.post(`/api/runs/:run/${action}`, gate, limitBody(MAX_JSON_BYTES), async (context) => {
      const { reason } = parseAction(await readJson(context, {}));
      return summary(context, await operator.act(context.req.param("run"), action, reason));
    });
  }

  app.post("/api/runs/:run/fork", gate, limitBody(MAX_JSON_BYTES), async (context) => {
    const request = parseForkRun(await readJson(context));
    return summary(context, await operator.fork(context.req.param("run"), request), 201);
  });

  app.delete("/api/runs/:run", gate, async (context) => {
    await operator.delete(context.req.param("run"), context.req.query("confirm"));
    return context.body(null, 204);
  });
}

/** JSON, or a form whose part `run` is JSON and whose part `params` is a safetensors file. */
async function readUpload(context: Context): Promise<{ readonly json: unknown; readonly params?: Uint8Array }> {
  if (!(context.req.header("content-type") ?? "").startsWith("multipart/form-data")) {
    return { json: await readJson(context) };
  }
  const form = await context.req.parseBody().catch((cause: unknown) => {
    throw new OperatorError("MALFORMED", "body expected a form with the parts run and params", { cause });
  });
  const text = form.run instanceof File ? await form.run.text() : form.run;
  if (typeof text !== "string") throw new OperatorError("MALFORMED", 'body expected a part "run" with the run file');
  const json = parseJson(text);
  if (form.params === undefined) return { json };
  if (!(form.params instanceof File)) throw new OperatorError("MALFORMED", 'part "params" expected a file');
  return { json, params: new Uint8Array(await form.params.arrayBuffer()) };
}
