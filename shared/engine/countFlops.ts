import { numElements } from "../graph/shape.ts";
import type { Step, View } from "./compile/fusedGraph.ts";

/**
 * Floating-point operations of a step: 2 for each multiply-add of a product or a convolution, 1 for each element of what is
 * computed element by element (an exponential counts as one), 0 for moving data.
 */
export function countFlops(step: Step): number {
  switch (step.kernel) {
    case "matmul":
      return 2 * numElements(step.out.shape) * step.a.shape[1]!;
    case "conv":
      return 2 * numElements(step.out.shape) * numElements(step.w.shape.slice(0, 3));
    case "convFilterGrad":
      return 2 * numElements(step.out.shape) * numElements(step.dy.shape.slice(0, 3));
    case "map":
      return step.kind === "copy" ? 0 : numElements(step.out.shape);
    case "chain":
      return numElements(step.shape) * step.links.filter(({ kind }) => kind !== "copy").length;
    case "reduceSum":
    case "reduceMax":
    case "softmax":
    case "accumulate":
      return numElements(step.x.shape);
    case "crossEntropy":
    case "crossEntropyGrad":
      return numElements(step.logits.shape);
    case "call":
      if (step.call === "convTransposed") {
        const [x, w] = step.inputs as [View, View];
        return (2 * numElements(x.shape) * numElements(w.shape)) / x.shape[3]!;
      }
      return step.call === "gatherRows" ? 0 : numElements(step.inputs[0]!.shape);
    case "loop":
      return step.trips * step.body.reduce((sum, inner) => sum + countFlops(inner), 0);
    default:
      return 0;
  }
}
