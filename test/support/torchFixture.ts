import { readFileSync } from "node:fs";

/** The version of PyTorch and the cases that a script of test/fixtures/torch wrote beside its arrays. */
export function readTorchMetadata<Case>(name: string): { readonly torch: string; readonly cases: readonly Case[] } {
  const bytes = readFileSync(new URL(`../fixtures/torch/${name}.safetensors`, import.meta.url));
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
  const { torch, cases } = header.__metadata__;
  return { torch, cases: JSON.parse(cases) };
}
