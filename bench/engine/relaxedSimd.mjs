import { setFlagsFromString } from "node:v8";

/** (func (result v128) (f32x4.relaxed_madd (v128.const 0) (v128.const 0) (v128.const 0))), the smallest module that needs it. */
const ZERO = [0xfd, 0x0c, ...new Array(16).fill(0)];
const BODY = [0x00, ...ZERO, ...ZERO, ...ZERO, 0xfd, 0x85, 0x02, 0x0b];
const PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // types: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // functions: one of type 0
  ...[0x0a, BODY.length + 2, 0x01, BODY.length, ...BODY], // code
);

/** Whether this machine's V8 runs relaxed SIMD. Node 20 has it behind a flag, which is set here; later ones just have it. */
export function enableRelaxedSimd() {
  if (WebAssembly.validate(PROBE)) return true;
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(PROBE);
}
