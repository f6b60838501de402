import { readFileSync } from "node:fs";
import * as v from "valibot";
import { type ApiAnswer, type ApiRoute, json } from "./apiRoute.ts";

const fault = json(
  v.object({
    /** Stable: add freely, never rename or reuse one. */
    code: v.pipe(v.string(), v.regex(/^[A-Z_]+$/)),
    message: v.string(),
  }),
);

const PARAMETERS: Readonly<Record<string, string>> = {
  run: "Name or id of a run",
  hash: "sha256- and 64 hex digits",
  shard: "From 0",
  client: "A client's public key, 64 hex digits",
};

const FAULTS: Readonly<Record<number, string>> = {
  304: "As it was",
  400: "A parameter or the body is not of its form; the message names the field",
  401: "Without the operator's token",
  403: "A page of another origin asked",
  404: "There is no such thing",
  409: "Not as things are: a name is taken, a run is finished",
  413: "The body is too large",
  429: "Too many wrong tokens from this address",
  500: "A fault of the coordinator",
  503: "Not now",
};

/**
 * Where the paths begin, seen from the document's own address: "/fl" for "/fl/api/openapi.json". It needs no `--public-url`
 * and holds whether a proxy takes the path off or passes it on; without it, clients would call the top of the host. The
 * slash that resolving leaves at its end clients drop, as they must of the default "/".
 * Source: https://spec.openapis.org/oas/v3.1.1.html#server-object
 */
const SERVERS = [{ url: "..", description: "The coordinator that served this document" }];

/**
 * The HTTP interface as an OpenAPI 3.1 document. A browser needs none of it: pages and clients use the SDK.
 * Source: https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Headwater coordinator",
      summary: "Watch federated runs, and operate them",
      version: packageVersion(),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: SERVERS,
    paths,
    components: {
      securitySchemes: {
        operator: { type: "http", scheme: "bearer", description: "secrets/operator.token of the data folder" },
      },
    },
  };
}

function operationOf({ method, path, summary, operator = false, query = {}, body, ok, errors = [] }: ApiRoute): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const statuses = new Set([
    ...errors,
    500,
    ...(names.length > 0 ? [404] : []),
    ...(operator ? [401, 403, 429, 503] : []),
  ]);
  const parameters = [
    ...names.map((name) => parameter("path", name, PARAMETERS[name] ?? name)),
    ...Object.entries(query).map(([name, text]) => parameter("query", name, text)),
  ];
  return {
    operationId: `${method}${path.replace(/[^A-Za-z]+(\w)?/g, (_, next: string = "") => next.toUpperCase())}`,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(operator && { security: [{ operator: [] }] }),
    ...(body && { requestBody: { required: body.required, content: contentOf(body.content) } }),
    responses: {
      [ok.status]: { description: ok.description, ...(ok.content && { content: contentOf(ok.content) }) },
      ...Object.fromEntries([...statuses].map((status) => [status, faultOf(status)])),
    },
  };
}

function parameter(place: "path" | "query", name: string, description: string): object {
  return { name, in: place, required: true, description, schema: { type: "string" } };
}

function faultOf(status: number): object {
  return { description: FAULTS[status] ?? "Refused", ...(status === 304 ? {} : { content: contentOf(fault) }) };
}

function contentOf(content: NonNullable<ApiAnswer["content"]>): object {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

/** Of this package: beside the sources and, one level up, beside the built files. */
function packageVersion(): string {
  const path = import.meta.url.endsWith(".js") ? "../../../package.json" : "../../package.json";
  return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
}
