import { shapeText } from "../graph/shape.ts";
import { type FusedGraph, type Step, type View, viewsOf } from "./compile/fusedGraph.ts";
import { planMemory } from "./compile/planMemory.ts";

/**
 * A fused graph for people: one line a kernel call, `out <- inputs`, each array as its name or %id with its shape and its
 * place in the workspace in bytes.
 */
export function explainProgram(fused: FusedGraph): string {
  const { offsets, workspaceBytes } = planMemory(fused);
  const name = ({ value, shape }: View): string => {
    if (value.constant !== undefined) return String(value.constant);
    const own = value.input ?? `%${value.id}@${offsets.get(value)}`;
    return `${own} ${shapeText(shape)}`;
  };
  const line = (step: Step, indent: string): string[] => {
    if (step.kernel === "loop") {
      return [`${indent}loop ${step.trips} times`, ...step.body.flatMap((inner) => line(inner, `${indent}  `))];
    }
    const out = "out" in step ? step.out : undefined;
    const inputs = viewsOf(step).filter((view) => view !== out);
    const kernel = step.kernel === "map" ? step.kind : step.kernel === "call" ? step.call : step.kernel;
    return [`${indent}${out ? `${name(out)} <- ` : ""}${kernel}(${inputs.map(name).join(", ")})`];
  };
  return [...fused.steps.flatMap((step) => line(step, "")), `workspace ${workspaceBytes} bytes`].join("\n");
}
