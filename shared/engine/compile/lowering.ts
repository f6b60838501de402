import { numElements } from "../../graph/shape.ts";
import type { DType, Shape, Tensor } from "../../graph/tensor.ts";
import type { MapKind, Step, Value, View } from "./fusedGraph.ts";
import { broadcastView, denseView, isDense, isTransposed, permuteView, sliceView, viewKey } from "./views.ts";

/** What lowering knows so far: where each tensor's elements are, and the steps that put them there. */
export interface Lowering {
  readonly steps: readonly Step[];
  emit(step: Step): void;
  /** Collects the steps that `build` emits instead of emitting them. */
  collect(build: () => void): Step[];
  newValue(shape: Shape, dtype?: DType): View;
  /** Where the node's values go: a place that was named for them, else a new array. */
  placeFor(node: Tensor): View;
  /** Names a place for the values of a node that is not lowered yet. */
  setPlace(node: Tensor, place: View): void;
  /** A scalar that never changes. */
  constant(value: number): View;
  view(tensor: Tensor): View;
  setView(tensor: Tensor, view: View): void;
  /** The same elements in a new array. */
  copy(view: View): View;
  /** The same elements in dense order, copied if they are not. */
  dense(view: View): View;
  /** Images with zeros around them, [top, bottom, left, right] pixels; made once for each. Channels are neighbours. */
  padded(images: View, padding: readonly [number, number, number, number]): View;
  /** A row of zeros. */
  zeros(columns: number): View;
  /** Emits an elementwise kernel over inputs that broadcast to the shape of `out`. */
  map(kind: MapKind, inputs: readonly View[], out: View): void;
  newLoop(): number;
  /** Where the results of a scan are, by the index that `scanOutput` names. */
  setScanResults(scan: Tensor, results: readonly (View | undefined)[]): void;
}

export function createLowering(): Lowering {
  let steps: Step[] = [];
  let numValues = 0;
  let numLoops = 0;
  const views = new Map<Tensor, View>();
  const constants = new Map<number, View>();
  /** Copies of views in another form, by what they hold. */
  const copies = new Map<string, View>();
  const places = new Map<Tensor, View>();
  const scanResults = new Map<Tensor, readonly (View | undefined)[]>();

  const newValue: Lowering["newValue"] = (shape, dtype = "f32") =>
    denseView({ id: numValues++, numElements: numElements(shape), dtype }, shape);

  const lowering: Lowering = {
    get steps() {
      return steps;
    },
    emit: (step) => void steps.push(step),
    collect(build) {
      const outer = steps;
      const collected: Step[] = [];
      steps = collected;
      // What the body caches may not exist, or hold another trip's values, outside it.
      const before = new Map(copies);
      build();
      copies.clear();
      for (const [key, copy] of before) copies.set(key, copy);
      steps = outer;
      return collected;
    },
    newValue,
    placeFor: (node) => places.get(node) ?? newValue(node.shape, node.dtype),
    setPlace: (node, place) => void places.set(node, place),
    constant(value) {
      const known = constants.get(value);
      if (known) return known;
      const view = denseView({ id: numValues++, numElements: 1, dtype: "f32", constant: value }, []);
      constants.set(value, view);
      return view;
    },
    view(tensor) {
      const known = views.get(tensor);
      if (known) return known;
      if (tensor.op === "constant") {
        return broadcastView(lowering.constant(tensor.attributes.value as number), tensor.shape);
      }
      if (tensor.op === "literal") {
        const { shape, dtype, attributes } = tensor;
        const literal = attributes.values as readonly number[];
        const view = denseView({ id: numValues++, numElements: literal.length, dtype, literal }, shape);
        views.set(tensor, view);
        return view;
      }
      if (tensor.op === "scanOutput") return scanResults.get(tensor.inputs[0]!)![tensor.attributes.index as number]!;
      if (tensor.op !== "input")
        throw new TypeError(`the node ${tensor.id} "${tensor.op}" was used before it was lowered`);
      const { shape, dtype, attributes } = tensor;
      const value = { id: numValues++, numElements: numElements(shape), dtype, input: String(attributes.name) };
      const view = denseView(value, shape);
      views.set(tensor, view);
      return view;
    },
    setView: (tensor, view) => void views.set(tensor, view),
    copy(view) {
      const out = newValue(view.shape, view.value.dtype);
      lowering.map("copy", [view], out);
      return out;
    },
    dense(view) {
      if (isDense(view)) return view;
      if (!isTransposed(view)) return lowering.copy(view);
      const out = newValue(view.shape, view.value.dtype);
      lowering.emit({ kernel: "transpose", x: permuteView(view, [1, 0]), out });
      return out;
    },
    padded(images, [top, bottom, left, right]) {
      if (top + bottom + left + right === 0) return images.strides[3] === 1 ? images : lowering.dense(images);
      const key = `${viewKey(images)} ${[top, bottom, left, right]}`;
      const known = copies.get(key);
      if (known) return known;
      const [batch, height, width, channels] = images.shape as [number, number, number, number];
      const out = newValue([batch, height + top + bottom, width + left + right, channels]);
      lowering.emit({ kernel: "fill", out, constant: 0 });
      lowering.map("copy", [images], sliceView(sliceView(out, 1, top, height), 2, left, width));
      copies.set(key, out);
      return out;
    },
    zeros(columns) {
      const key = `zeros ${columns}`;
      const known = copies.get(key);
      if (known) return known;
      const out = newValue([columns]);
      lowering.emit({ kernel: "fill", out, constant: 0 });
      copies.set(key, out);
      return out;
    },
    map(kind, inputs, out) {
      lowering.emit({ kernel: "map", kind, inputs: inputs.map((view) => broadcastView(view, out.shape)), out });
    },
    newLoop: () => numLoops++,
    setScanResults: (scan, results) => void scanResults.set(scan, results),
  };
  return lowering;
}

/** The storage of every graph input that was asked for. */
export function inputValues(lowering: Lowering, inputs: readonly Tensor[]): Map<string, Value> {
  return new Map(inputs.map((tensor) => [String(tensor.attributes.name), lowering.view(tensor).value]));
}
