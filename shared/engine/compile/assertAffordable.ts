import { countFlops } from "../countFlops.ts";
import { type FusedGraph, type Step, viewsOf } from "./fusedGraph.ts";
import { viewSize } from "./views.ts";

/** What one step of a program may need. */
export interface StepLimits {
  /** Bytes of what it computes on its way: activations, gradients, scratch. */
  readonly workspaceBytes: number;
  /** Its cost in floating-point operations: a step cannot be interrupted. */
  readonly operations: number;
}

/** 1 GiB, and operations that take a core some minutes: more than any model of the zoo needs by a factor of 100. */
export const STEP_LIMITS: StepLimits = { workspaceBytes: 2 ** 30, operations: 2 ** 41 };

/** Of a kernel call, and of an element that passes through it, in floating-point operations of a product. */
const CALL_COST = 1024;
const ELEMENT_COST = 16;

/**
 * Holds a program to what a client is willing to give, before memory is taken for it: a few lines of a model document can ask for
 * anything.
 * @throws RangeError beyond a limit.
 */
export function assertAffordable({ steps }: FusedGraph, workspaceBytes: number, limits: StepLimits): void {
  // Not `>`: what is beyond counting is beyond the limit.
  if (!(workspaceBytes <= limits.workspaceBytes)) {
    throw new RangeError(
      `step expected <= ${limits.workspaceBytes} bytes of workspace, got ${workspaceBytes}; lower the batch size`,
    );
  }
  const operations = steps.reduce((sum, step) => sum + costOf(step), 0);
  if (!(operations <= limits.operations)) {
    throw new RangeError(
      `step expected work of <= ${limits.operations} operations, got ${operations}; lower the batch size`,
    );
  }
}

function costOf(step: Step): number {
  if (step.kernel === "loop") return step.trips * step.body.reduce((sum, inner) => sum + costOf(inner), CALL_COST);
  const calls = step.kernel === "chain" ? step.links.length : 1;
  const elements = viewsOf(step).reduce((sum, view) => sum + viewSize(view), 0);
  return CALL_COST * calls + ELEMENT_COST * elements + countFlops(step) + windowElements(step);
}

/** Elements that a maximum over windows looks at, each as often as it is in one. */
function windowElements(step: Step): number {
  if (step.kernel !== "call" || (step.call !== "maxPool" && step.call !== "maxPoolGrad")) return 0;
  const windows = step.call === "maxPool" ? step.out : step.inputs[0]!;
  const [kernelHeight, kernelWidth] = step.words.slice(5, 7) as [number, number];
  return viewSize(windows) * kernelHeight * kernelWidth;
}
