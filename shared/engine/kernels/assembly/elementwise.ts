import { exp4, log4, sigmoid4, tanh4 } from "./math";
import * as kind from "./kinds";

/** One unary function on four lanes. Constant `f` after inlining into a loop, so the switch costs once a vector. */
function unary4(f: i32, x: v128): v128 {
  switch (f) {
    case kind.COPY: return x;
    case kind.NEG: return f32x4.neg(x);
    case kind.EXP: return exp4(x);
    case kind.LOG: return log4(x);
    case kind.SQRT: return f32x4.sqrt(x);
    case kind.TANH: return tanh4(x);
    case kind.SIGMOID: return sigmoid4(x);
    case kind.RELU: return f32x4.pmax(x, f32x4.splat(0));
    case kind.ABS: return f32x4.abs(x);
    case kind.SIGN: {
      const zero = f32x4.splat(0);
      const one = f32x4.splat(1);
      return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
    }
    case kind.SQUARE: return f32x4.mul(x, x);
    case kind.RECIPROCAL: return f32x4.div(f32x4.splat(1), x);
    case kind.RSQRT: return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
    case kind.FLOOR: return f32x4.floor(x);
    case kind.TO_F32: return f32x4.convert_i32x4_s(x);
    case kind.TO_I32: return i32x4.trunc_sat_f32x4_s(x);
    default: unreachable();
  }
}
