// The most that 128-bit SIMD does on one thread of this machine: a WebAssembly loop of multiply-adds in registers, no memory.
import asc from "assemblyscript/asc";
import { enableRelaxedSimd } from "./relaxedSimd.mjs";

/**
 * Loops that are tried; the fastest is the peak. Independent chains: enough to hide the latency (8 cycles for a product and a
 * sum), few enough for 16 registers. Unrolling hides the loop's own instructions, and costs decoding.
 */
const LOOPS = [
  { chains: 10, unroll: 1 },
  { chains: 12, unroll: 1 },
  { chains: 12, unroll: 4 },
  { chains: 13, unroll: 4 },
];
const REPEATS = 100_000;
/** Calls a measurement, less than a millisecond each: the best of them counts, so that an interruption does not. */
const CALLS = 8;

/** x = x * m + b, which nothing can be taken out of; 8 operations a chain and iteration: 4 lanes, a product and a sum. */
const BODIES = {
  strict: (x) => `${x} = f32x4.add(f32x4.mul(${x}, m), b);`,
  relaxed: (x) => `${x} = f32x4.relaxed_madd(${x}, m, b);`,
};

/**
 * Measures the peak in GFLOP/s whenever it is called: `strict` with f32x4.mul and f32x4.add, `relaxed` with
 * f32x4.relaxed_madd (absent where V8 has none).
 */
export async function createPeak() {
  const kinds = enableRelaxedSimd() ? ["strict", "relaxed"] : ["strict"];
  const meters = await Promise.all(kinds.map(async (kind) => [kind, meter(await compile(kind))]));
  return Object.fromEntries(meters);
}

function meter(loops) {
  const once = () => {
    let best = 0;
    for (const [i, loop] of loops.entries()) {
      const { chains, unroll } = LOOPS[i];
      for (let call = 0; call < CALLS; call++) {
        const startedAt = performance.now();
        loop(REPEATS / unroll);
        const milliseconds = performance.now() - startedAt;
        best = Math.max(best, (8 * chains * REPEATS) / milliseconds / 1e6);
      }
    }
    return best;
  };
  for (let i = 0; i < 10; i++) once(); // until the optimizing compiler has replaced the quick one's code
  return once;
}

async function compile(kind) {
  const source = LOOPS.map(({ chains, unroll }, loop) => {
    const names = Array.from({ length: chains }, (_, i) => `x${i}`);
    return `export function loop${loop}(iterations: i32): f32 {
      const m = f32x4.splat(0.75);
      const b = f32x4.splat(0.25);
      ${names.map((x, i) => `let ${x} = f32x4.splat(${i}.5);`).join("\n")}
      while (iterations--) { ${names.map(BODIES[kind]).join("\n").repeat(unroll)} }
      return f32x4.extract_lane(${names.reduce((sum, x) => `f32x4.add(${sum}, ${x})`)}, 0);
    }`;
  }).join("\n");
  let binary;
  const { error, stderr } = await asc.main(
    [
      "peak.ts",
      "--outFile",
      "peak.wasm",
      "--optimizeLevel",
      "3",
      "--enable",
      "simd",
      "--enable",
      "relaxed-simd",
    ].concat(["--runtime", "stub", "--noAssert"]),
    {
      readFile: (name) => (name === "peak.ts" ? source : null),
      writeFile: (_name, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`the peak loop does not compile:\n${stderr.toString()}`, { cause: error });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return LOOPS.map((_, loop) => exports[`loop${loop}`]);
}
