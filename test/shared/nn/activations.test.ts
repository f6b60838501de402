import { describe, expect, it } from "vitest";
import { input } from "../../../shared/graph/ops.ts";
import { reshape } from "../../../shared/nn/layers/reshape.ts";
import { layerContract } from "../../contract/layer.ts";
import { activationsCases } from "./activationsCases.ts";

for (const layerCase of activationsCases) layerContract(layerCase);

describe("reshape", () => {
  it("names what it wants and what came", () => {
    expect(() => reshape([2, 6]).apply({}, input("x", [3, 11]), {} as never)).toThrow(
      "reshape expected x [batch, ...] with 12 values an example for [2, 6], got [3, 11]",
    );
    expect(() => reshape([2, -1])).toThrow("expected whole sizes >= 1");
  });
});
