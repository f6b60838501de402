import type { HttpBindings } from "@hono/node-server";
import type { Hono, MiddlewareHandler } from "hono";
import { identityMode } from "../../shared/protocol/identityPlan.ts";
import {
  parseInvite,
  parseRevoke,
  parseSignedRoster,
  type RunIdentityFacts,
} from "../../shared/protocol/identityRequests.ts";
import { invitationText } from "../../shared/protocol/invitation.ts";
import { parseRoster } from "../../shared/protocol/roster.ts";
import type { HostedRun } from "../runs/hostedRun.ts";
import { OperatorError } from "../runs/operatorError.ts";
import type { RunOperator } from "../runs/runOperator.ts";
import { fromBase64 } from "../store/base64.ts";
import { fresh } from "./answers.ts";
import { limitBody, readJson } from "./bodies.ts";

export interface IdentityRoutesOptions {
  readonly operator: Pick<RunOperator, "find">;
  readonly gate: MiddlewareHandler<{ Bindings: HttpBindings }>;
  readonly wallClockMs: () => number;
  readonly publicUrl: string | undefined;
}

const MAX_JSON_BYTES = 16 * 1024;
/** A roster of 10,000 keys with labels. */
const MAX_ROSTER_BYTES = 4 * 1024 * 1024;
const DEFAULT_REASON = "revoked by the operator";

/** Who may take part in a run, for its operator to see and to say. */
export function addIdentityRoutes(app: Hono<{ Bindings: HttpBindings }>, options: IdentityRoutesOptions): void {
  const { operator, gate, publicUrl } = options;
  const facts = (hosted: HostedRun): RunIdentityFacts => identityFacts(hosted, options.wallClockMs());

  app.get("/api/runs/:run/identity", gate, (context) => fresh(context, facts(operator.find(context.req.param("run")))));

  app.post("/api/runs/:run/invitations", gate, limitBody(MAX_JSON_BYTES), async (context) => {
    const { count, expiresInMs } = parseInvite(await readJson(context));
    const { identity } = operator.find(context.req.param("run"));
    const issued = await identity.issueInvitations(count, expiresInMs);
    const invitations = issued.map(({ secret, expiresAtMs }) => ({ invitation: invitationText(secret), expiresAtMs }));
    return fresh(context, { invitations, ...(publicUrl && { publicUrl: new URL(publicUrl).href }) }, 201);
  });

  app.put("/api/runs/:run/roster", gate, limitBody(MAX_ROSTER_BYTES), async (context) => {
    const { roster, signature } = parseSignedRoster(await readJson(context));
    const hosted = operator.find(context.req.param("run"));
    await hosted.identity.replaceRoster({ roster: parseRoster(roster), signature: fromBase64(signature) });
    return fresh(context, facts(hosted));
  });

  app.post("/api/runs/:run/clients/:client/revoke", gate, limitBody(MAX_JSON_BYTES), async (context) => {
    const { reason = DEFAULT_REASON } = parseRevoke(await readJson(context, {}));
    const hosted = operator.find(context.req.param("run"));
    await hosted.identity.revoke(clientOf(hosted, context.req.param("client")), reason);
    return fresh(context, facts(hosted));
  });
}

/** A whole key, or the beginning of one that is enrolled, listed or connected. @throws OperatorError. */
function clientOf({ identity, coordinator }: HostedRun, text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  if (!/^[0-9a-f]{8,63}$/.test(text)) {
    throw new OperatorError("MALFORMED", `client expected 8 to 64 hex digits of its key, got ${text.slice(0, 70)}`);
  }
  const { enrolled, roster } = identity.enrolment;
  const listed = (roster?.clients ?? []).map(({ publicKey }) => publicKey);
  const known = new Set([...enrolled, ...listed, ...coordinator.view.clients.ids()]);
  const found = [...known].filter((id) => id.startsWith(text));
  if (found.length === 1) return found[0] as string;
  const why = found.length === 0 ? "no client's key begins" : `${found.length} clients' keys begin`;
  throw new OperatorError("NOT_FOUND", `${why} with ${text}; give all 64 digits`);
}

function identityFacts({ identity: { enrolment }, run, coordinator }: HostedRun, nowMs: number): RunIdentityFacts {
  const { enrolled, revoked, roster } = enrolment;
  const invitations = [...enrolment.invitations.values()];
  const unused = invitations.filter(({ usedBy }) => usedBy === undefined);
  return {
    mode: identityMode(run.plan.identity),
    invitations: {
      issued: invitations.length,
      used: invitations.length - unused.length,
      expired: unused.filter(({ expiresAtMs }) => expiresAtMs <= nowMs).length,
    },
    enrolled: [...enrolled],
    revoked: [...revoked],
    roster: roster === undefined ? null : { version: roster.version, numClients: roster.clients.length },
    connected: [...coordinator.view.clients.ids()],
  };
}
