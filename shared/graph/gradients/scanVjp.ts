import { add } from "../ops/elementwise.ts";
import { constant } from "../ops/leaves.ts";
import { scan, scanAttributes, scanOutput } from "../ops/scan.ts";
import { inline } from "../rewrite.ts";
import type { Tensor } from "../tensor.ts";
import type { Seed } from "./vjp.ts";

/**
 * Gradient of a scan: one scan in the other direction. Its carries are the cotangents of the forward carries and the
 * running sums for the constants; each step sees the carry that the forward step received (its history), its items and
 * the cotangents of its outputs, and differentiates the inlined body.
 *
 * `results` maps the index of a scan result to its cotangent.
 */
export function scanVjp(
  node: Tensor,
  results: ReadonlyMap<number, Tensor>,
  backpropagate: (seeds: readonly Seed[], wrt: readonly Tensor[]) => (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const body = node.body!;
  const numOutputs = body.outputs.length - numCarries;
  if ([...results.keys()].some((index) => index >= body.outputs.length)) {
    throw new TypeError("scan has no second gradient yet: its history was differentiated");
  }

  const inits = node.inputs.slice(0, numCarries);
  const sequences = node.inputs.slice(numCarries, numCarries + numSequences);
  const constants = node.inputs.slice(numCarries + numSequences);
  const history = inits.map((_, i) => scanOutput(node, body.outputs.length + i));
  const outputIndices = Array.from({ length: numOutputs }, (_, i) => numCarries + i).filter((i) => results.has(i));
  const isFloat = (tensor: Tensor): boolean => tensor.dtype === "f32";

  const { carry, outputs } = scan({
    length,
    reverse: !reverse,
    carry: [
      ...inits.map((init, i) => results.get(i) ?? constant(0, init.shape)),
      ...constants.filter(isFloat).map(({ shape }) => constant(0, shape)),
    ],
    sequences: [...history, ...sequences, ...outputIndices.map((i) => results.get(i)!)],
    constants,
    step(carries, items, fixed) {
      const dCarries = carries.slice(0, numCarries);
      const sums = carries.slice(numCarries);
      const forward = [...items.slice(0, numCarries + numSequences), ...fixed];
      const dOutputs = items.slice(numCarries + numSequences);
      const after = inline(body, forward);
      const seeds: Seed[] = [
        ...dCarries.map((dCarry, i): Seed => [after[i]!, dCarry]),
        ...dOutputs.map((dOutput, i): Seed => [after[outputIndices[i]!]!, dOutput]),
      ];
      const wanted = forward.filter(isFloat);
      const gradients = backpropagate(seeds, wanted).map((dx, i) => dx ?? constant(0, wanted[i]!.shape));
      const firstConstant = gradients.length - sums.length;
      return {
        carry: [...gradients.slice(0, numCarries), ...sums.map((sum, i) => add(sum, gradients[firstConstant + i]!))],
        outputs: gradients.slice(numCarries, firstConstant),
      };
    },
  });

  const dConstants = carry.slice(numCarries);
  const inOrder = (tensors: readonly Tensor[], gradients: readonly Tensor[]): (Tensor | undefined)[] => {
    const rest = gradients[Symbol.iterator]();
    return tensors.map((tensor) => (isFloat(tensor) ? rest.next().value : undefined));
  };
  return [...carry.slice(0, numCarries), ...inOrder(sequences, outputs), ...inOrder(constants, dConstants)];
}
