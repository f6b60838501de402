import { shapeText } from "../graph/shape.ts";
import { type FusedGraph, type Step, type View, viewsOf } from "./compile/fusedGraph.ts";
import { planMemory } from "./compile/planMemory.ts";
import { countFlops } from "./countFlops.ts";

/**
 * A fused graph for people: one line a kernel call, `out <- inputs`, each array as its name or %id with its place in the
 * workspace in bytes and its shape, then the floating-point operations; at the end those of the whole and the workspace.
 */
export function explainProgram(fused: FusedGraph): string {
  const describe = stepDescriber(fused);
  const { workspaceBytes } = planMemory(fused);
  const line = (step: Step, indent: string): string[] => {
    if (step.kernel === "loop") {
      return [`${indent}loop ${step.trips} times`, ...step.body.flatMap((inner) => line(inner, `${indent}  `))];
    }
    const flops = countFlops(step);
    return [`${indent}${describe(step)}${flops > 0 ? `  ${flops} FLOP` : ""}`];
  };
  const flops = fused.steps.reduce((sum, step) => sum + countFlops(step), 0);
  const lines = fused.steps.flatMap((step) => line(step, ""));
  return [...lines, `${flops} FLOP a step`, `workspace ${workspaceBytes} bytes`].join("\n");
}

/** Names steps in the words of `explainProgram`; a loop by its trips. */
export function stepDescriber(fused: FusedGraph): (step: Step) => string {
  const { offsets } = planMemory(fused);
  const name = ({ value, shape }: View): string => {
    if (value.constant !== undefined) return String(value.constant);
    const own = value.input ?? (value.literal ? `literal ${value.id}` : `%${value.id}@${offsets.get(value)}`);
    return `${own} ${shapeText(shape)}`;
  };
  return (step) => {
    if (step.kernel === "loop") return `loop ${step.trips} times over ${step.body.length} kernels`;
    if (step.kernel === "chain") {
      const operand = (input: View | number): string => (typeof input === "number" ? `#${input}` : name(input));
      return step.links
        .map(({ kind, inputs, out }, i) => `${out ? name(out) : `#${i}`} <- ${kind}(${inputs.map(operand).join(", ")})`)
        .join("; ");
    }
    const out = "out" in step ? step.out : undefined;
    const inputs = viewsOf(step).filter((view) => view !== out);
    const kernel = kernelName(step);
    return `${out ? `${name(out)} <- ` : ""}${kernel}(${inputs.map(name).join(", ")})`;
  };
}

function kernelName(step: Step): string {
  if (step.kernel === "map") return step.kind;
  if (step.kernel === "call") return step.call;
  const isWinograd = (step.kernel === "conv" || step.kernel === "convFilterGrad") && step.scratch !== undefined;
  return isWinograd ? `winograd ${step.kernel}` : step.kernel;
}
