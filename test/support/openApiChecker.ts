import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** Holds what a coordinator answers to its own OpenAPI document. The check throws for a route, status or body not in it. */
export async function openApiChecker(url: string): Promise<(exchange: Exchange) => void> {
  const { paths } = (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApi;
  const ajv = new Ajv2020({ strict: true, validateFormats: false, allowUnionTypes: true });
  const validators = new Map<object, ValidateFunction>();
  const templates = Object.keys(paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`),
  }));

  return ({ method, path, status, body }) => {
    const [plain = ""] = path.split("?");
    const template = paths[plain] ? plain : templates.find(({ pattern }) => pattern.test(plain))?.template;
    const operation = paths[template ?? ""]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${path} is not in the OpenAPI document`);
    const response = operation.responses[status];
    if (response === undefined) throw new Error(`${method} ${path} answered ${status}, which is not in its document`);
    const schema = response.content?.["application/json"]?.schema;
    if (schema === undefined) return;
    const validate = validators.get(schema) ?? ajv.compile(schema);
    validators.set(schema, validate);
    if (!validate(body)) throw new Error(`${method} ${path}: ${ajv.errorsText(validate.errors)}`);
  };
}
