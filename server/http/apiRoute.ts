import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";

type JsonSchema = object;

/** One route of the HTTP interface, as its document describes it. */
export interface ApiRoute {
  readonly method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `/api/runs/{run}/status`. */
  readonly path: string;
  readonly summary: string;
  /** Only with the operator's token. */
  readonly operator?: boolean;
  /** Query parameters: what each is for. */
  readonly query?: Readonly<Record<string, string>>;
  /** By content type. */
  readonly body?: { readonly required: boolean; readonly content: Readonly<Record<string, JsonSchema>> };
  readonly ok: ApiAnswer;
  /** Further statuses, each with `{ code, message }`. */
  readonly errors?: readonly number[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly description: string;
  /** Nothing when absent. */
  readonly content?: Readonly<Record<string, JsonSchema>>;
}

/** A valibot schema as JSON Schema (2020-12), for bodies and answers in JSON. */
export function json(schema: GenericSchema): Readonly<Record<string, JsonSchema>> {
  return { "application/json": jsonSchemaOf(schema) };
}

export function jsonSchemaOf(schema: GenericSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, { target: "draft-2020-12", errorMode: "ignore" });
  return rest;
}
