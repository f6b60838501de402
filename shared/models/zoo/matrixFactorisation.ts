import { add, gather, mul, reduceSum, reshape, slice, toInt } from "../../graph/ops.ts";
import { customLayer } from "../../nn/custom/customLayer.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const RANK = 8;

/**
 * Rating = mean + user bias + item bias + u·v, the ids being the model's inputs [user, item]; 2,701 params at its usual sizes.
 * Its one layer is written in ops and travels with the document.
 * Source: Koren, Bell and Volinsky 2009, "Matrix factorization techniques for recommender systems", eq. 4.
 */
export const matrixFactorisation = zooEntry({ users: 200, items: 100 }, ({ users, items }) => {
  const factorisation = customLayer({
    name: "factorisation",
    inputShape: [2],
    params: {
      users: { shape: [users, RANK], init: { normal: 0.3 } },
      items: { shape: [items, RANK], init: { normal: 0.3 } },
      userBias: { shape: [users, 1], init: "zeros" },
      itemBias: { shape: [items, 1], init: "zeros" },
      mean: { shape: [1], init: "zeros" },
    },
    apply(params, x) {
      const [user, item] = [0, 1].map((column) => toInt(reshape(slice(x, 1, column, 1), [x.shape[0]!])));
      const product = mul(gather(params.users, user!), gather(params.items, item!));
      const fit = reshape(reduceSum(product, [1]), [x.shape[0]!, 1]);
      const biases = add(gather(params.userBias, user!), gather(params.itemBias, item!));
      return add(add(fit, biases), params.mean);
    },
  });
  return defineModel({
    name: "matrix-factorisation",
    input: { shape: [2] },
    layers: [factorisation],
    loss: "meanSquaredError",
  });
});
