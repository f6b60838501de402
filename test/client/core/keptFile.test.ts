import { describe, expect, it } from "vitest";
import { decodeKept, encodeKept } from "../../../client/core/keptFile.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { encodeSafetensors } from "../../../shared/params/encodeSafetensors.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { personalLayout } from "../../../shared/params/personalLayout.ts";
import { createClientTrainer } from "../../../shared/train/createClientTrainer.ts";
import { tinyFedBn } from "../../support/privateModels.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

const { spec } = tinyFedBn();
const personal = Float32Array.from({ length: 16 }, (_, i) => i);
const control = new Float32Array(10).fill(-1);
const keeps = new Map([
  ["control", 10],
  ["personal", 16],
]);

describe("what a client keeps, as a file", () => {
  it("holds private params under their own names and other vectors under theirs, and gives all of them back", () => {
    const kept = new Map([
      ["control", control],
      ["personal", personal],
    ]);
    const file = encodeKept(spec, kept) as Uint8Array;
    expect(new Set(parseSafetensors(file, { maxBytes: 2000 }).keys())).toEqual(
      new Set([...personalLayout(spec).arrays.map(({ name }) => name), "kept.control"]),
    );
    expect(new Map(decodeKept(spec, keeps, file))).toEqual(kept);
    const alone = encodeKept(spec, new Map([["control", control]])) as Uint8Array;
    expect([...decodeKept(spec, keeps, alone)]).toEqual([["control", control]]);
  });

  it("is no file where nothing is kept", () => {
    expect(encodeKept(spec, new Map())).toBeUndefined();
    expect(createClientTrainer({ ...local, model: tinyModel() }).keeps.size).toBe(0);
  });

  it("is the same bytes as before strategies kept anything, and such a file is read", () => {
    const before = encodeSafetensors(personalLayout(spec).arrays, personal);
    expect(encodeKept(spec, new Map([["personal", personal]]))).toEqual(before);
    expect([...decodeKept(spec, keeps, before)]).toEqual([["personal", personal]]);
    expect(createClientTrainer({ ...local, model: tinyFedBn() }).keeps).toEqual(new Map([["personal", 16]]));
  });

  it("is refused where it is of another model or strategy", () => {
    const read = (bytes: Uint8Array) => () => decodeKept(spec, keeps, bytes);
    expect(read(encodeParams(tinyModel().spec, new Float32Array(10)))).toThrow(
      'what this client kept does not fit the run: "layers.0.w" is nothing that this run keeps',
    );
    expect(read(new Uint8Array(3))).toThrow("what this client kept does not fit the run: safetensors");
    const short = encodeKept(spec, new Map([["control", new Float32Array(9)]])) as Uint8Array;
    expect(read(short)).toThrow('"kept.control" expected 10 elements, got 9');
    const other = encodeKept(spec, new Map([["ditto", control]])) as Uint8Array;
    expect(read(other)).toThrow('"kept.ditto" is nothing that this run keeps');
    const [first] = personalLayout(spec).arrays;
    const part = encodeSafetensors([{ ...first!, offset: 0 }], personal);
    expect(read(part)).toThrow(/expected 4 elements, got none/);
  });
});

const local = {
  plan: { epochs: 1, batchSize: 2, optimizer: { kind: "sgd", learningRate: 0.1 } },
  strategy: { kind: "fedavg" },
} as const;
