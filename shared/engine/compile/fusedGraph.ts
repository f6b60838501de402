import type { ElementwiseOp } from "../../graph/opset.ts";
import type { DType, Shape } from "../../graph/tensor.ts";

/**
 * The waist between the mathematics and a backend: a graph after fusion, as a list of kernel calls over named arrays.
 * Shapes and strides are decided, addresses are not; a backend for another device starts here.
 */
export interface FusedGraph {
  readonly steps: readonly Step[];
  /** The leaves, by the name of their graph input. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** Where the graph's outputs are after the steps, dense. */
  readonly outputs: readonly View[];
}

/** An array that is stored once. */
export interface Value {
  readonly id: number;
  readonly numElements: number;
  readonly dtype: DType;
  /** Name of the graph input whose storage this is; absent for what the steps compute. */
  readonly input?: string;
  /** One f32 that never changes. */
  readonly constant?: number;
  /** Values that never change, one an element. */
  readonly literal?: readonly number[];
}

/** An array as one kernel sees it: broadcasting is a stride of 0, a transpose a permutation of strides. */
export interface View {
  readonly value: Value;
  readonly shape: Shape;
  /** First element, in elements of the value. */
  readonly offset: number;
  /** Elements between neighbours along each axis. */
  readonly strides: readonly number[];
  /** Elements that the view moves on at each trip of enclosing loops. */
  readonly advances: readonly Advance[];
}

export interface Advance {
  readonly loop: number;
  readonly elements: number;
}

/** An elementwise op, a change of element type, a copy, or a product within a sum: a - b·c, a + b·c. */
export type MapKind = ElementwiseOp | "toInt" | "toFloat" | "copy" | "subMul" | "addMul";

/** One elementwise function of a chain. An operand is an array or the number of an earlier link, whose values are at hand. */
export interface Link {
  readonly kind: MapKind;
  readonly inputs: readonly (View | number)[];
  /** Where the values are stored; absent where only later links need them. */
  readonly out?: View;
}

/** Kernels over dense arrays that need nothing but their arrays and a few whole numbers; opcodes.ts says which. */
export type CallName =
  | "logSoftmax"
  | "softmaxGrad"
  | "standardise"
  | "standardiseGrad"
  | "gatherRows"
  | "scatterAdd"
  | "cumulativeSum"
  | "random"
  | "advanceRandom"
  | "maxPool"
  | "maxPoolGrad"
  | "convTransposed";

/** Steps of a convolution in pixels, [vertical, horizontal], and how it is computed. */
export interface ConvolutionSteps {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Memory that Winograd's algorithm works in; absent for the direct kernel. */
  readonly scratch?: View | undefined;
}

/**
 * One kernel call. `out` is written; everything else is read. All views but those of `map`, `reduceSum`, `reduceMax`,
 * `matmul` and the inputs of `conv` are dense.
 */
export type Step =
  /** The batch's rows of the resident inputs (x * scale + offset) or targets. */
  | {
      readonly kernel: "gather";
      readonly out: View;
      readonly column: "inputs" | "targets";
      readonly batch: number;
      readonly scale: number;
      readonly offset: number;
    }
  /** out [rows, columns] = max(init + a·b, floor): a [rows, inner], b [inner, columns], init [columns] or [rows, columns] or zeros. */
  | {
      readonly kernel: "matmul";
      readonly a: View;
      readonly b: View;
      readonly init?: View | undefined;
      readonly out: View;
      readonly floor: number;
    }
  /**
   * out [batch, outHeight, outWidth, outChannels] = max(init + conv2d(x, w), floor) without padding; init [outChannels], channels of x
   * are neighbours.
   */
  | (ConvolutionSteps & {
      readonly kernel: "conv";
      readonly x: View;
      readonly w: View;
      readonly init: View;
      readonly out: View;
      readonly floor: number;
    })
  /** out [kernelHeight, kernelWidth, inChannels, outChannels] = init + the gradient of the filter; init [outChannels] or as out. */
  | (ConvolutionSteps & {
      readonly kernel: "convFilterGrad";
      readonly x: View;
      readonly dy: View;
      readonly init: View;
      readonly out: View;
    })
  /** out [columns, rows] = xᵀ */
  | { readonly kernel: "transpose"; readonly x: View; readonly out: View }
  /** Elementwise over inputs of the shape of `out`. */
  | { readonly kernel: "map"; readonly kind: MapKind; readonly inputs: readonly View[]; readonly out: View }
  /** Several elementwise kernels over arrays of one shape in one walk; made of `map` steps by chainMaps. */
  | { readonly kernel: "chain"; readonly shape: Shape; readonly links: readonly Link[] }
  /** out += x; `out` has the shape of x with stride 0 along the summed axes. */
  | { readonly kernel: "reduceSum"; readonly x: View; readonly out: View }
  | { readonly kernel: "fill"; readonly out: View; readonly constant: number }
  | { readonly kernel: "softmax"; readonly x: View; readonly out: View }
  | { readonly kernel: "crossEntropy"; readonly logits: View; readonly labels: View; readonly out: View }
  | {
      readonly kernel: "crossEntropyGrad";
      readonly logits: View;
      readonly labels: View;
      /** [rows], possibly one value for all. */
      readonly dLosses: View;
      readonly out: View;
    }
  | { readonly kernel: "numCorrect"; readonly logits: View; readonly labels: View; readonly out: View }
  /** out = max(out, x), over the axes along which `out` has stride 0. */
  | { readonly kernel: "reduceMax"; readonly x: View; readonly out: View }
  | {
      readonly kernel: "call";
      readonly call: CallName;
      readonly inputs: readonly View[];
      /** The numbers that follow the arrays in the instruction. */
      readonly words: readonly number[];
      readonly out: View;
    }
  /** Adds the values of x to one of the f64 totals that live across steps. */
  | { readonly kernel: "accumulate"; readonly x: View; readonly total: number }
  | { readonly kernel: "loop"; readonly loop: number; readonly trips: number; readonly body: readonly Step[] };

function linkViews({ inputs, out }: Link): View[] {
  return [...inputs.filter((operand) => typeof operand !== "number"), ...(out ? [out] : [])];
}

/** The views that a step reads and writes, those of a loop's body included. */
export function viewsOf(step: Step): readonly View[] {
  switch (step.kernel) {
    case "gather":
    case "fill":
      return [step.out];
    case "matmul":
      return [step.a, step.b, ...(step.init ? [step.init] : []), step.out];
    case "conv":
      return [step.x, step.w, step.init, ...(step.scratch ? [step.scratch] : []), step.out];
    case "convFilterGrad":
      return [step.x, step.dy, step.init, ...(step.scratch ? [step.scratch] : []), step.out];
    case "transpose":
    case "reduceSum":
    case "reduceMax":
    case "softmax":
      return [step.x, step.out];
    case "map":
    case "call":
      return [...step.inputs, step.out];
    case "chain":
      return step.links.flatMap(linkViews);
    case "crossEntropy":
    case "numCorrect":
      return [step.logits, step.labels, step.out];
    case "crossEntropyGrad":
      return [step.logits, step.labels, step.dLosses, step.out];
    case "accumulate":
      return [step.x];
    case "loop":
      return step.body.flatMap(viewsOf);
  }
}

/** The views that a step reads, of any kernel but a chain; what a reduction adds to is not among them. */
export function readsOf(step: Step): readonly View[] {
  if (step.kernel === "loop") return step.body.flatMap(readsOf);
  const views = viewsOf(step);
  return "out" in step ? views.slice(0, -1) : views; // `out` is the last one
}
