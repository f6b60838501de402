import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { fail, fresh } from "./answers.ts";
import { NOT_READY, type NotReady } from "./readiness.ts";

export interface Health {
  readonly notReady: () => NotReady | undefined;
  /** The process answers, but does not keep up with its work. */
  readonly isStalled: () => boolean;
}

/** GET /healthz: is the process alive; GET /readyz: should clients be sent here. */
export function addHealthRoutes(app: Hono<{ Bindings: HttpBindings }>, health: Health): void {
  app.get("/healthz", (context) =>
    health.isStalled()
      ? fail(context, 503, "STALLED", "timers run more than a second late: the process does not keep up with its work")
      : fresh(context, { ok: true }),
  );
  app.get("/readyz", (context) => {
    const reason = health.notReady();
    return reason === undefined ? fresh(context, { ok: true }) : fail(context, 503, reason, NOT_READY[reason]);
  });
}
