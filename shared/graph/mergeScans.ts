import { createNode } from "./node.ts";
import { scanAttributes } from "./ops/scan.ts";
import { rewrite, withInputs } from "./rewrite.ts";
import type { SubGraph, Tensor } from "./tensor.ts";
import { topologicalOrder } from "./topologicalOrder.ts";

/** Scans over the same formals and the same inputs: one loop with different results. */
interface Loop {
  readonly members: readonly Tensor[];
  /** The carries, then each output that some member gives. */
  readonly results: readonly Tensor[];
  /** What gives those results. */
  readonly body: SubGraph;
}

/**
 * One loop for scans that are the same loop with other results. The gradient of a scan asks for values from within its
 * body by a scan of its own, with the same formals and inputs and more outputs (`scanVjp`); here the two become one, in
 * nested bodies too. Whatever nothing changes stays the very same node.
 */
export function mergeScans(outputs: readonly Tensor[]): Tensor[] {
  const loops = findLoops(outputs);
  const standIns = new Map<Loop, Tensor>();
  return rewrite(outputs, (node, inputs) => {
    if (node.op === "scanOutput") {
      const member = node.inputs[0]!;
      const loop = loops.get(member)!;
      if (loop.body === member.body) return undefined;
      const index = indexWithin(loop, member, node.attributes.index as number);
      return createNode("scanOutput", inputs, node.shape, { attributes: { index } });
    }
    const loop = loops.get(node);
    if (!loop || loop.members.every(({ body }) => body === loop.body)) return undefined;
    const standIn = standIns.get(loop) ?? withInputs(node, inputs, loop.body);
    standIns.set(loop, standIn);
    return standIn;
  });
}

function findLoops(outputs: readonly Tensor[]): Map<Tensor, Loop> {
  const groups: Tensor[][] = [];
  for (const node of topologicalOrder(outputs)) {
    if (node.op !== "scan") continue;
    const group = groups.find(([first]) => isSameLoop(first!, node));
    if (group) group.push(node);
    else groups.push([node]);
  }
  return new Map(groups.map(mergeMembers).flatMap((loop) => loop.members.map((member) => [member, loop])));
}

function isSameLoop(a: Tensor, b: Tensor): boolean {
  return a.body!.inputs === b.body!.inputs && a.inputs.every((source, i) => source === b.inputs[i]);
}

function mergeMembers(members: readonly Tensor[]): Loop {
  const { numCarries } = scanAttributes(members[0]!);
  const results = [...members[0]!.body!.outputs];
  for (const { body } of members) {
    for (const output of body!.outputs.slice(numCarries)) {
      if (!results.includes(output, numCarries)) results.push(output);
    }
  }
  const inner = mergeScans(results);
  const same = members.find(({ body }) => {
    return body!.outputs.length === inner.length && body!.outputs.every((output, i) => output === inner[i]);
  });
  return { members, results, body: same?.body ?? { inputs: members[0]!.body!.inputs, outputs: inner } };
}

/** Where the loop has what the member has at `index`: a final carry, a stacked output, or the history of a carry. */
function indexWithin({ results }: Loop, member: Tensor, index: number): number {
  const { numCarries } = scanAttributes(member);
  const own = member.body!.outputs;
  if (index < numCarries) return index;
  return index < own.length ? results.indexOf(own[index]!, numCarries) : index - own.length + results.length;
}
