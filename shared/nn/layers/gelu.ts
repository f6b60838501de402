import { gelu as geluOp } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** x · Φ(x) with the exact normal distribution function. Source: Hendrycks and Gimpel 2016, arXiv:1606.08415. */
export function gelu(): Layer<never> {
  return { name: "gelu", document: { kind: "gelu" }, init: {}, apply: (_, x) => geluOp(x) };
}
