import { assertFinite } from "../../../base/assert.ts";
import { constant, greaterEqual, mul } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Shape, Tensor } from "../../../graph/tensor.ts";
import type { ApplyContext } from "../../applyContext.ts";
import type { Layer } from "../../layer.ts";

/**
 * While training, each value becomes 0 with probability `rate` and the others grow by 1 / (1 - rate); else nothing changes.
 * Shapes: x [batch, ...any] -> y as x. Source: Srivastava et al. 2014, section 10 (scaled while training).
 * @throws RangeError unless 0 <= rate < 1.
 */
export function dropout(rate: number): Layer<never> {
  return dropping("dropout", rate, (x) => x.shape);
}

/**
 * Dropout of whole channels: all positions of one share their draw.
 * Shapes: x [batch, ...positions, channels] -> y as x. Source: Tompson et al. 2015, section 3.2, arXiv:1411.4280.
 * @throws RangeError unless 0 <= rate < 1.
 */
export function spatialDropout(rate: number): Layer<never> {
  return dropping("spatialDropout", rate, ({ shape }) => {
    if (shape.length < 3) {
      throw new RangeError(`spatialDropout expected x [batch, ...positions, channels], got ${shapeText(shape)}`);
    }
    return shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : 1));
  });
}

/** @throws RangeError unless 0 <= rate < 1. */
export function assertRate(rate: number): void {
  assertFinite("rate", rate, 0, 1);
  if (rate === 1) throw new RangeError('"rate" expected a value below 1, got 1');
}

/** x with values dropped while training; x otherwise. */
export function dropValues(x: Tensor, rate: number, ctx: ApplyContext, drawn: Shape = x.shape): Tensor {
  if (ctx.mode === "evaluate" || rate === 0) return x;
  const kept = greaterEqual(ctx.random(drawn), constant(rate));
  return mul(x, mul(kept, constant(1 / (1 - rate))));
}

function dropping(kind: string, rate: number, drawnShape: (x: Tensor) => Shape): Layer<never> {
  assertRate(rate);
  return {
    name: `${kind}(${rate})`,
    document: { kind, rate },
    init: {},
    apply: (_, x, ctx) => dropValues(x, rate, ctx, drawnShape(x)),
  };
}
