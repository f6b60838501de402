import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UsageError } from "../../simulations/experiment/usageError.ts";

/** RUN.json with its model document inside, since a coordinator elsewhere cannot read this machine's files. @throws UsageError. */
export async function readRunDocument(path: string): Promise<Record<string, unknown>> {
  const document = await readJson(path);
  const { model } = document;
  if (typeof model !== "string" || !model.endsWith(".json")) return document;
  return { ...document, model: await readJson(resolve(dirname(path), model)) };
}

/** A run with params to start from. @throws UsageError if there is no such file. */
export async function uploadForm(run: object, paramsPath: string): Promise<FormData> {
  const form = new FormData();
  form.set("run", JSON.stringify(run));
  form.set("params", new Blob([new Uint8Array(await read(paramsPath))]), "params.safetensors");
  return form;
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = (await read(path)).toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} expected JSON: ${(error as Error).message}`);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new UsageError(`${path} expected an object`);
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
