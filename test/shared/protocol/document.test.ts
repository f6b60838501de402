import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../shared/base/canonicalJson.ts";
import { ERROR_CODES } from "../../../shared/base/errors.ts";
import { contentHash, fromHex, toHex } from "../../../shared/base/hash.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { verifyUpdateHeader, verifyUpdatePayload } from "../../../shared/protocol/checkUpdate.ts";
import { COMMIT_RECORD_TABLE, parseCommitRecord } from "../../../shared/protocol/commitRecord.ts";
import { HELLO_TRANSCRIPT_TABLE, helloTranscript } from "../../../shared/protocol/helloTranscript.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { parseReceipt, RECEIPT_BYTES, RECEIPT_TABLE } from "../../../shared/protocol/receipt.ts";
import { ROTATION_TABLE } from "../../../shared/protocol/rotation.ts";
import { runPlanSchema } from "../../../shared/protocol/runPlan.ts";
import { UPDATE_HEADER_BYTES, UPDATE_HEADER_TABLE } from "../../../shared/protocol/updateHeader.ts";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";
import * as world from "../../support/protocolWorld.ts";
import { commitRecordBytes, receiptRecord, SAMPLES, type SampleName } from "./samples.ts";

const text = readFileSync(new URL("../../../shared/protocol/PROTOCOL.md", import.meta.url), "utf8");

/** The cells of every table row between two headings. */
function rows(from: string, to: string): string[][] {
  const part = text.slice(text.indexOf(`\n## ${from}`), text.indexOf(`\n## ${to}`));
  return part
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("|--"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim()),
    );
}

/** The text of the block after `<!-- example: name -->`. */
function example(name: string): string {
  const match = new RegExp(`<!-- example: ${name} -->\n\`\`\`\n([^\`]*)\n\`\`\``).exec(text);
  if (match === null) throw new TypeError(`PROTOCOL.md has no example "${name}"`);
  return match[1] as string;
}

const exampleBytes = (name: string): Uint8Array => fromHex(example(name).replaceAll("\n", ""));

/** What follows **name** in section 4, up to the next message. */
function paragraphOf(message: string): string {
  const match = new RegExp(`\n\\*\\*[^\n]*\\b${message}\\*\\*[^]*?(?=\n\\*\\*|\n###|\n## )`).exec(text);
  if (match === null) throw new TypeError(`PROTOCOL.md does not describe "${message}"`);
  return match[0];
}

describe("PROTOCOL.md", () => {
  it("is of the version that the code speaks", () => {
    expect(text.split("\n")[0]).toBe(`# The Headwater protocol, version ${PROTOCOL_VERSION}`);
  });

  it("lists exactly the error codes of the code, each with a meaning and an advice", () => {
    const table = rows("10. Errors", "11. Limits").slice(1);
    expect(table.map(([code]) => code)).toEqual([...ERROR_CODES]);
    for (const row of table) expect(row.filter((cell) => cell.length > 3)).toHaveLength(3);
  });

  it("lists exactly the limits of the code", () => {
    const table = rows("11. Limits", "12. A worked example").slice(1);
    expect(Object.fromEntries(table.map(([name, value]) => [name, Number(value)]))).toEqual(LIMITS);
  });

  it.each([
    ["hello transcript", "3. A connection", "4. Messages", HELLO_TRANSCRIPT_TABLE],
    ["update header", "6. The update", "7. Upload", UPDATE_HEADER_TABLE],
  ])("gives every field of the %s its offset and length", (_, from, to, layout) => {
    const table = rows(from, to).slice(1);
    const given = table.map(([offset, bytes, name]) => [Number(offset), Number(bytes), name]);
    expect(given).toEqual(layout.map(({ offset, bytes, name }) => [offset, bytes, name]));
  });

  it("gives every field of receipt and commit record its offset and length", () => {
    const table = rows("8. Receipts", "9. Signatures").filter(([offset]) => offset !== "offset");
    const given = table.map(([offset, bytes, name]) => [Number(offset), Number(bytes), name]);
    const layout = [...RECEIPT_TABLE, ...COMMIT_RECORD_TABLE];
    expect(given).toEqual(layout.map(({ offset, bytes, name }) => [offset, bytes, name]));
  });

  it("gives every field of the rotation statement its offset and length", () => {
    const given = rows("9. Signatures", "10. Errors")
      .slice(1)
      .map(([at, bytes, name]) => [Number(at), Number(bytes), name]);
    expect(given).toEqual(ROTATION_TABLE.map(({ offset, bytes, name }) => [offset, bytes, name]));
  });

  it("gives the lengths of header and receipt in words too", () => {
    expect(paragraphOf("submit")).toContain(`bytes ${UPDATE_HEADER_BYTES};`);
    expect(text).toContain(`**Header**, ${UPDATE_HEADER_BYTES} bytes`);
    expect(text).toContain(`"record": bytes ${RECEIPT_BYTES}`);
  });

  const messages = [
    "challenge",
    "welcome",
    "offer",
    "round",
    "commit",
    "reject",
    "pace",
    "hello",
    "device",
    "accept",
    "decline",
    "submit",
    "chunk",
    "params",
    "rotate",
  ];
  it.each(messages as SampleName[])("names every member of %s", (name) => {
    const paragraph = paragraphOf(name);
    for (const member of Object.keys(SAMPLES[name].message)) expect(paragraph).toContain(`\`${member}\``);
  });

  it("names every member of the plan", () => {
    const table = rows("4. Messages", "5. Params").slice(1);
    const members = table.map(([member]) => (member as string).replace("?", ""));
    expect(members).toEqual(Object.keys(runPlanSchema.entries).sort(byDocument(table)));
  });
});

/** Orders members as the table does; one that it lacks comes last and fails the comparison. */
function byDocument(table: readonly string[][]): (a: string, b: string) => number {
  const place = (name: string): number => {
    const at = table.findIndex(([member]) => member?.replace("?", "") === name);
    return at < 0 ? table.length : at;
  };
  return (a, b) => place(a) - place(b);
}

describe("the worked example of PROTOCOL.md", () => {
  const coordinatorKey = world.coordinator.publicKey;
  const clientKey = world.client.publicKey;

  it("has the keys, plan, model and hashes that the code computes", () => {
    for (const key of [coordinatorKey, clientKey]) expect(text).toContain(toHex(key));
    expect(example("plan")).toBe(canonicalJson(world.plan));
    expect(example("model")).toBe(canonicalJson(world.model));
    for (const hash of [world.hashOfPlan, world.modelHash, world.expectation.offerManifestHash]) {
      expect(text).toContain(hash);
    }
    expect(contentHash(world.sha256, new TextEncoder().encode(example("plan")))).toBe(world.hashOfPlan);
  });

  it("has a hello that the code makes, and whose signature holds", () => {
    const { runId, nonce } = world.challenge;
    const transcript = helloTranscript({ version: 1, runId, coordinatorKey, nonce, clientKey });
    expect(exampleBytes("transcript")).toEqual(transcript);
    expect(naclVerify(clientKey, exampleBytes("transcript"), exampleBytes("helloSig"))).toBe(true);
  });

  it("has an update that a coordinator accepts", async () => {
    expect(new TextEncoder().encode(example("offerManifest"))).toEqual(world.offer.manifest);
    const submit = {
      header: exampleBytes("header"),
      signature: exampleBytes("sig"),
      manifest: new TextEncoder().encode(example("manifest")),
    };
    const verified = verifyUpdateHeader(world.expectation, submit, world.ports);
    expect(text).toContain(verified.headerHash);
    const { delta } = verifyUpdatePayload(world.expectation, verified, exampleBytes("payload"), world.sha256);
    expect(delta).toEqual(Float32Array.of(0.5, -0.25, 0));
    expect((await world.honestUpdate()).submit).toEqual(submit);
  });

  it("has the receipt and the commit of that update, signed by the coordinator", () => {
    expect(exampleBytes("receipt")).toEqual(receiptRecord);
    expect(exampleBytes("commit")).toEqual(commitRecordBytes);
    expect(naclVerify(coordinatorKey, exampleBytes("receipt"), exampleBytes("receiptSig"))).toBe(true);
    expect(naclVerify(coordinatorKey, exampleBytes("commit"), exampleBytes("commitSig"))).toBe(true);
    const { headerHash } = parseReceipt(exampleBytes("receipt"));
    expect(parseCommitRecord(exampleBytes("commit")).headerHashes).toEqual([headerHash]);
  });
});
