import { describe, expect, it } from "vitest";
import { createLocalParams } from "../../../client/core/localParams.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { tinyBase, tinyFedBn, tinyLora } from "../../support/privateModels.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

const shared = (model = tinyFedBn()): Uint8Array =>
  encodeParams(model.spec, new Float32Array(model.spec.length).fill(0.5));

describe("the params of a client", () => {
  it("are the received ones alone where the model shares everything", () => {
    const local = createLocalParams(tinyModel(), undefined);
    expect(local.assemble(shared(tinyModel()))).toEqual(new Float32Array(10).fill(0.5));
  });

  it("begin as the model's layers say", () => {
    const local = createLocalParams(tinyFedBn(), undefined);
    const first = local.assemble(shared());
    // scale one, shift zero, mean zero, variance one: behind the shared ones
    const begins = [1, 0, 0, 1].flatMap((value) => [value, value, value, value]);
    expect([...first]).toEqual([...new Array(10).fill(0.5), ...begins]);
  });

  it("hold the frozen base that the client was given", () => {
    const model = tinyLora();
    const local = createLocalParams(model, tinyBase());
    const params = local.assemble(shared(model));
    for (const { name, offset, length, kind } of model.spec.entries) {
      if (kind !== "frozen") continue;
      const { values } = parseSafetensors(tinyBase(), { maxBytes: 1000 }).get(name) as { values: Float32Array };
      expect(params.subarray(offset, offset + length)).toEqual(values);
    }
  });

  it("are refused without the base that the model needs, and with another", () => {
    expect(() => createLocalParams(tinyLora(), undefined)).toThrow(
      'the model "tiny LoRA" has a frozen base of 10 params, which never travels; ' +
        "give this client the base's checkpoint (join: --base FILE, SDK: the option base)",
    );
    expect(() => createLocalParams(tinyLora(), shared())).toThrow("base expected the frozen arrays");
    expect(() => createLocalParams(tinyLora(), shared(tinyLora()))).toThrow("base expected the frozen arrays");
    expect(() => createLocalParams(tinyLora(), new Uint8Array(100))).toThrow("safetensors");
  });
});
