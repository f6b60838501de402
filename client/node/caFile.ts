import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Option } from "commander";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";

/** `--ca`, for verbs that speak to a coordinator. */
export function caOption(): Option {
  const text = "certificate (PEM) to trust beside the well-known ones, for a coordinator with its own";
  return new Option("--ca <file>", text).env("HEADWATER_CA");
}

/** The file of `--ca`, PEM. @throws DataFormatError if it is not there or holds no certificate. */
export async function readCaFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const pem = await readFile(path, "utf8").catch((error: Error) => {
    throw new DataFormatError(`--ca ${path} cannot be read: ${error.message}`);
  });
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new DataFormatError(`--ca ${path} expected a PEM certificate: ${(error as Error).message}`);
  }
  return pem;
}
