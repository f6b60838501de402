import * as v from "valibot";
import {
  invitationsSchema,
  inviteSchema,
  revokeSchema,
  runIdentitySchema,
  signedRosterSchema,
} from "../../shared/protocol/identityRequests.ts";
import { actionSchema, createRunSchema, forkRunSchema } from "../../shared/protocol/operatorRequests.ts";
import { runListSchema, runSummarySchema } from "../../shared/protocol/runList.ts";
import { roundHistorySchema, runStatusSchema } from "../../shared/protocol/runStatus.ts";
import { type ApiAnswer, type ApiRoute, json, jsonSchemaOf } from "./apiRoute.ts";

const bytes = { "application/octet-stream": {} };
const document = json(v.record(v.string(), v.unknown()));
const answer = (description: string, content: NonNullable<ApiAnswer["content"]>): ApiAnswer => ({
  status: 200,
  description,
  content,
});
const okay = answer("It is", json(v.object({ ok: v.literal(true) })));
const summary = (status: number, description: string): ApiAnswer => ({
  status,
  description,
  content: json(runSummarySchema),
});

/** What anybody may read of a run. */
const OF_A_RUN: readonly Omit<ApiRoute, "method">[] = [
  { path: "/status", summary: "The run and where it stands", ok: answer("Status", json(runStatusSchema)) },
  { path: "/rounds", summary: "The last 10,000 rounds, oldest first", ok: answer("Rounds", json(roundHistorySchema)) },
  { path: "/plan", summary: "The plan: the very bytes that planHash covers", ok: answer("Plan", document) },
  { path: "/model", summary: "The model: the very bytes that modelHash covers", ok: answer("Model", document) },
  {
    path: "/params/{hash}",
    summary: "Params by content hash, as safetensors; they never change",
    ok: answer("Params", bytes),
    errors: [304, 400],
  },
  {
    path: "/sample/{shard}",
    summary: "Rows to try with: an IDX file of images and straight after it one of labels",
    ok: answer("Rows", bytes),
  },
  {
    path: "/events",
    summary: "Server-sent events: status, cohort, round",
    ok: answer("Events until the reader leaves", { "text/event-stream": {} }),
    errors: [503],
  },
];

const ACTIONS = {
  start: "Begins the rounds of a run that waits for its start",
  pause: "Opens no more rounds until it is resumed; the open one goes on",
  resume: "Takes a pause back",
  stop: "Ends the run for good; its params stay, and can be forked",
} as const;

const reason = { required: false, content: json(actionSchema) };
const named = (path: string): string => `/api/runs/{run}${path}`;

/** Every route of the HTTP interface; a test compares them with those that there are. */
export const API_ROUTES: readonly ApiRoute[] = [
  { method: "get", path: "/healthz", summary: "Does the process live?", ok: okay, errors: [503] },
  { method: "get", path: "/readyz", summary: "Should clients be sent here now?", ok: okay, errors: [503] },
  {
    method: "get",
    path: "/api/openapi.json",
    summary: "This document",
    ok: answer("OpenAPI 3.1", document),
  },
  {
    method: "get",
    path: "/api/runs",
    summary: "The runs, the default one first",
    ok: answer("Runs", json(runListSchema)),
  },
  ...OF_A_RUN.map((route) => ({ ...route, method: "get" as const, path: `/api${route.path}` })),
  ...OF_A_RUN.map((route) => ({ ...route, method: "get" as const, path: named(route.path) })),
  {
    method: "post",
    path: "/api/runs",
    summary: "Makes a run from a run file's document; as a form, with params to start from",
    operator: true,
    body: {
      required: true,
      content: {
        "application/json": jsonSchemaOf(createRunSchema),
        "multipart/form-data": {
          type: "object",
          properties: { run: jsonSchemaOf(createRunSchema), params: { type: "string", contentEncoding: "binary" } },
          required: ["run"],
        },
      },
    },
    ok: summary(201, "The new run"),
    errors: [400, 404, 409, 413],
  },
  ...Object.entries(ACTIONS).map(
    ([action, text]): ApiRoute => ({
      method: "post",
      path: named(`/${action}`),
      summary: text,
      operator: true,
      body: reason,
      ok: summary(200, "The run as it is now"),
      errors: [400, 409, 413],
    }),
  ),
  {
    method: "post",
    path: named("/fork"),
    summary: "Makes a run with the plan of this one, from params of it",
    operator: true,
    body: { required: true, content: json(forkRunSchema) },
    ok: summary(201, "The new run"),
    errors: [400, 409, 413],
  },
  {
    method: "get",
    path: named("/identity"),
    summary: "Who may take part, and who is here",
    operator: true,
    ok: answer("Who may take part", json(runIdentitySchema)),
  },
  {
    method: "post",
    path: named("/invitations"),
    summary: "Issues one-time invitations; the answer is the only time that they are shown",
    operator: true,
    body: { required: true, content: json(inviteSchema) },
    ok: { status: 201, description: "The invitations", content: json(invitationsSchema) },
    errors: [400, 413],
  },
  {
    method: "put",
    path: named("/roster"),
    summary: "Replaces the list of keys that may take part by one that the operator signed",
    operator: true,
    body: { required: true, content: json(signedRosterSchema) },
    ok: answer("Who may take part now", json(runIdentitySchema)),
    errors: [400, 413],
  },
  {
    method: "post",
    path: named("/clients/{client}/revoke"),
    summary: "Shuts a key out for good, and whatever key took its place",
    operator: true,
    body: { required: false, content: json(revokeSchema) },
    ok: answer("Who may take part now", json(runIdentitySchema)),
    errors: [400, 413],
  },
  {
    method: "delete",
    path: "/api/runs/{run}",
    summary: "Deletes a stopped run with everything that it holds",
    operator: true,
    query: { confirm: "The run's name, to be sure" },
    ok: { status: 204, description: "It is gone" },
    errors: [400, 409],
  },
];
