import { assertNumParams } from "./assertNumParams.ts";
import type { ParamsSpec } from "./paramsSpec.ts";
import { personalLayout } from "./personalLayout.ts";

/** How a whole model is kept without its frozen params, which are the same for everybody: shared params, then personal ones. */
export interface MovingLayout {
  /** Elements: those of the spec without the frozen ones. */
  readonly length: number;
  /** [spec.length] -> [length], a copy. */
  take(params: Float32Array): Float32Array;
  /** The params [spec.length] with these moving ones [length] in their places, a copy. */
  placed(params: Float32Array, moving: Float32Array): Float32Array;
}

export function movingLayout(spec: ParamsSpec): MovingLayout {
  const { sharedLength } = spec;
  const personal = personalLayout(spec);
  const length = sharedLength + personal.length;
  return {
    length,
    take(params) {
      assertNumParams("params", params, spec.length);
      const moving = new Float32Array(length);
      moving.set(params.subarray(0, sharedLength));
      moving.set(personal.take(params.subarray(sharedLength)), sharedLength);
      return moving;
    },
    placed(params, moving) {
      assertNumParams("moving", moving, length);
      const placed = params.slice();
      placed.set(moving.subarray(0, sharedLength));
      personal.place(placed, moving.subarray(sharedLength));
      return placed;
    },
  };
}
