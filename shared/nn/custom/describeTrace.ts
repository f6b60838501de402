import { scanAttributes } from "../../graph/ops/scan.ts";
import { input, segmentMax, spike, straightThrough } from "../../graph/ops.ts";
import { rewrite } from "../../graph/rewrite.ts";
import type { OpDefinition, Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import type { CustomAttributes, CustomBody, CustomNode, Reference } from "./customDocument.ts";
import { customOps } from "./customOps.ts";

export interface Described {
  readonly nodes: CustomNode[];
  readonly outputs: Reference[];
}

/** Ops whose shape is theirs to say, not a consequence of their inputs. */
const SHAPED = new Set(["constant", "literal", "reshape", "broadcastTo"]);

/**
 * A traced graph as data: every node that the outputs depend on, inputs first. Ops that a document cannot name are lowered.
 * @throws TypeError for a leaf that is neither named nor random, or an op that a custom layer may not use.
 */
export function describeTrace(
  outputs: readonly Tensor[],
  named: ReadonlyMap<Tensor, string>,
  random: ReadonlySet<Tensor>,
): Described {
  return describeNodes(lowerOthers(outputs), new Map<Tensor, Reference>(named), random);
}

function describeNodes(
  outputs: readonly Tensor[],
  references: Map<Tensor, Reference>,
  random: ReadonlySet<Tensor>,
): Described {
  const nodes: CustomNode[] = [];
  for (const node of topologicalOrder(outputs)) {
    if (references.has(node)) continue;
    references.set(node, nodes.length);
    nodes.push(random.has(node) ? randomNode(node) : describeNode(node, references));
  }
  return { nodes, outputs: outputs.map((output) => references.get(output)!) };
}

function randomNode({ shape }: Tensor): CustomNode {
  return { op: "random", inputs: [], attributes: { shape: [...shape] } };
}

function describeNode(node: Tensor, references: ReadonlyMap<Tensor, Reference>): CustomNode {
  const { op, shape, dtype } = node;
  if (op === "input") {
    throw new TypeError(`expected x, params and random values only, got the input "${node.attributes.name}"`);
  }
  if (!Object.hasOwn(customOps, op) && op !== "scan" && op !== "scanOutput") {
    throw new TypeError(`expected ops that a document may name, got "${op}"`);
  }
  const attributes: CustomAttributes = {
    ...(node.attributes as CustomAttributes),
    ...(SHAPED.has(op) && { shape: [...shape] }),
    ...(op === "literal" && { dtype }),
  };
  return {
    op,
    inputs: node.inputs.map((source) => references.get(source)!),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(op === "scan" && { body: describeBody(node) }),
  };
}

function describeBody(node: Tensor): CustomBody {
  const { numCarries, numSequences } = scanAttributes(node);
  const body = node.body!;
  const names = body.inputs.map((formal, i): [Tensor, Reference] => {
    if (i < numCarries) return [formal, `carry.${i}`];
    const past = i - numCarries;
    return [formal, past < numSequences ? `item.${past}` : `constant.${past - numSequences}`];
  });
  const { nodes, outputs } = describeNodes(lowerOthers(body.outputs), new Map(names), new Set());
  if (nodes.some(({ op }) => op === "scan")) throw new TypeError("expected no scan within the body of a scan, got one");
  return { nodes, outputs };
}

/** Lowers the defined ops, but those that a document can name and whose own gradient it so keeps. */
function lowerOthers(outputs: readonly Tensor[]): Tensor[] {
  const known = nameableDefinitions();
  return rewrite(outputs, ({ definition, attributes }, inputs) =>
    definition && !known.has(definition) ? lowerOthers([definition.lower(inputs, attributes)])[0] : undefined,
  );
}

function nameableDefinitions(): Set<OpDefinition> {
  const x = input("x", [1]);
  const segments = input("segments", [1], "i32");
  const built = [straightThrough(x, x), spike(x, { kind: "fastSigmoid", slope: 1 }), segmentMax(x, segments, 1)];
  return new Set(built.map(({ definition }) => definition!));
}
