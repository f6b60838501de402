import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { verifyUpdateHeader, verifyUpdatePayload } from "../../../shared/protocol/checkUpdate.ts";
import { parseCommitRecord } from "../../../shared/protocol/commitRecord.ts";
import { parseManifest } from "../../../shared/protocol/manifest.ts";
import { parseReceipt } from "../../../shared/protocol/receipt.ts";
import { parseUpdateHeader } from "../../../shared/protocol/updateHeader.ts";
import { mutateBytes, mutateMessage } from "../../support/mutate.ts";
import { expectation, honestUpdate, ports, sha256 } from "../../support/protocolWorld.ts";
import { commitRecordBytes, receiptRecord, SAMPLES, type SampleName } from "./samples.ts";

/** Another seed: FUZZ_SEED=7 npx vitest run test/shared/protocol/fuzz.test.ts */
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const NUM_MESSAGES = 100_000;
const NAMES = Object.keys(SAMPLES) as SampleName[];
const update = await honestUpdate();

/** What is left of the call if only ProtocolErrors may escape it. */
function outcome(call: () => unknown): "accepted" | "refused" {
  try {
    call();
    return "accepted";
  } catch (error) {
    if (error instanceof ProtocolError && error.message.length < 1000) return "refused";
    throw error;
  }
}

describe(`fuzz, seed ${SEED}`, () => {
  it(`${NUM_MESSAGES} mutated messages: no parser throws anything but a ProtocolError`, () => {
    const rng = createRng(SEED, "fuzz", "messages");
    const seen = { accepted: 0, refused: 0 };
    for (let i = 0; i < NUM_MESSAGES; i++) {
      const from = NAMES[rng.nextBelow(NAMES.length)] as SampleName;
      // One in eight goes to a parser that it was not meant for.
      const to = rng.nextBelow(8) === 0 ? (NAMES[rng.nextBelow(NAMES.length)] as SampleName) : from;
      const message = mutateMessage(SAMPLES[from].message, rng);
      seen[outcome(() => SAMPLES[to].parse(message))]++;
    }
    expect(seen.accepted + seen.refused).toBe(NUM_MESSAGES);
    expect(seen.refused).toBeGreaterThan(NUM_MESSAGES / 2); // the mutator does hurt
    expect(seen.accepted).toBeGreaterThan(NUM_MESSAGES / 100); // and reaches beyond the first check
    expect("polluted" in {}).toBe(false);
  });

  it("20,000 mutated byte strings: neither do the parsers of records and manifests", () => {
    const rng = createRng(SEED, "fuzz", "records");
    const targets = [
      [parseUpdateHeader, update.submit.header],
      [parseReceipt, receiptRecord],
      [parseCommitRecord, commitRecordBytes],
      [parseManifest, update.submit.manifest],
    ] as const;
    for (let i = 0; i < 20_000; i++) {
      const [parse, bytes] = targets[rng.nextBelow(targets.length)] as (typeof targets)[number];
      outcome(() => parse(mutateBytes(bytes, rng)));
    }
  });

  it("5,000 mutated updates: none but the honest one is accepted", () => {
    const rng = createRng(SEED, "fuzz", "updates");
    for (let i = 0; i < 5_000; i++) {
      const parts = { ...update.submit, payload: update.payload };
      const name = (["header", "signature", "manifest", "payload"] as const)[rng.nextBelow(4)] ?? "header";
      const mutated = { ...parts, [name]: mutateBytes(parts[name], rng) };
      const same = Buffer.compare(mutated[name], parts[name]) === 0;
      const answer = outcome(() => {
        const verified = verifyUpdateHeader(expectation, mutated, ports);
        verifyUpdatePayload(expectation, verified, mutated.payload, sha256);
      });
      expect(answer).toBe(same ? "accepted" : "refused");
    }
  });
});
