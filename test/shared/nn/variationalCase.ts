import { input } from "../../../shared/graph/ops.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { variational } from "../../../shared/nn/layers/variational.ts";
import type { LayerCase } from "../../contract/layer.ts";

export const variationalCase: LayerCase = {
  layer: variational({
    encoder: [linear(4, 5), relu(), linear(5, 4)],
    decoder: [linear(2, 3), relu(), linear(3, 4)],
    latent: 2,
  }),
  x: [3, 4],
  y: [3, 8],
  bad: input("x", [3, 5]),
};
