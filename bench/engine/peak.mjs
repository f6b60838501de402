// The most that 128-bit SIMD does on one thread of this machine: WebAssembly loops of multiply-adds whose sums stay in registers.
import asc from "assemblyscript/asc";
import { enableRelaxedSimd } from "./relaxedSimd.mjs";

const MULTIPLY_ADD = {
  strict: (x, m, b) => `f32x4.add(f32x4.mul(${x}, ${m}), ${b})`,
  relaxed: (x, m, b) => `f32x4.relaxed_madd(${x}, ${m}, ${b})`,
};

/**
 * Loops that are tried; the fastest is the peak. Which one it is depends on the processor's ports and latencies.
 * A chain is x = x·m + b over registers alone. A tile is x += a·b as a product of matrices has it, `rows` numbers times
 * `vectors` vectors, loaded anew each time from 2 KiB of first-level cache (or the compiler would multiply only once).
 */
const LOOPS = [
  chains({ count: 12, unroll: 1 }),
  chains({ count: 13, unroll: 4 }),
  tile({ rows: 4, vectors: 2 }),
  tile({ rows: 5, vectors: 2 }),
  tile({ rows: 3, vectors: 3 }),
];
const VECTORS_A_CALL = 1_000_000;
/** Calls a measurement, less than a millisecond each: the best of them counts, so that an interruption does not. */
const CALLS = 6;

/**
 * Measures the peak in GFLOP/s whenever it is called: `strict` with f32x4.mul and f32x4.add, `relaxed` with
 * f32x4.relaxed_madd (absent where V8 has none).
 */
export async function createPeak() {
  const kinds = enableRelaxedSimd() ? ["strict", "relaxed"] : ["strict"];
  const meters = await Promise.all(kinds.map(async (kind) => [kind, meter(await compile(kind))]));
  return Object.fromEntries(meters);
}

function chains({ count, unroll }) {
  const sums = Array.from({ length: count }, (_, i) => `x${i}`);
  const body = (multiplyAdd) => sums.map((x) => `${x} = ${multiplyAdd(x, "m", "b")};`);
  return { sums, body: (multiplyAdd) => Array(unroll).fill(body(multiplyAdd)).flat(), vectors: count * unroll };
}

function tile({ rows, vectors }) {
  const columns = Array.from({ length: vectors }, (_, j) => j);
  const sums = Array.from({ length: rows * vectors }, (_, i) => `x${i}`);
  const row = (i, multiplyAdd) => [
    `const a${i} = v128.load32_splat(at, ${4096 + 4 * i});`,
    ...columns.map((j) => sums[i * vectors + j]).map((x, j) => `${x} = ${multiplyAdd(`a${i}`, `b${j}`, x)};`),
  ];
  const body = (multiplyAdd) => [
    ...columns.map((j) => `const b${j} = v128.load(at, ${16 * j});`),
    ...Array.from({ length: rows }, (_, i) => row(i, multiplyAdd)).flat(),
    "at = (at + 64) & 2047;",
  ];
  return { sums, body, vectors: rows * vectors };
}

function meter(functions) {
  const once = () => {
    let best = 0;
    for (const [i, run] of functions.entries()) {
      const iterations = Math.round(VECTORS_A_CALL / LOOPS[i].vectors);
      // 8 operations a multiply-add of vectors: 4 lanes, a product and a sum.
      const flops = 8 * iterations * LOOPS[i].vectors;
      for (let call = 0; call < CALLS; call++) {
        const startedAt = performance.now();
        run(iterations);
        best = Math.max(best, flops / (performance.now() - startedAt) / 1e6);
      }
    }
    return best;
  };
  for (let i = 0; i < 10; i++) once(); // until the optimizing compiler has replaced the quick one's code
  return once;
}

async function compile(kind) {
  const source = LOOPS.map(
    ({ sums, body }, i) => `export function loop${i}(iterations: i32): f32 {
      const m = f32x4.splat(0.75);
      const b = f32x4.splat(0.25);
      let at: usize = 0;
      ${sums.map((x, j) => `let ${x} = f32x4.splat(${j}.5);`).join("\n")}
      while (iterations--) { ${body(MULTIPLY_ADD[kind]).join("\n")} }
      return f32x4.extract_lane(${sums.reduce((sum, x) => `f32x4.add(${sum}, ${x})`)}, 0);
    }`,
  ).join("\n");
  let binary;
  const flags = ["--outFile", "peak.wasm", "--optimizeLevel", "3", "--runtime", "stub", "--initialMemory", "1"];
  const { error, stderr } = await asc.main(["peak.ts", ...flags, "--enable", "simd", "--enable", "relaxed-simd"], {
    readFile: (name) => (name === "peak.ts" ? source : null),
    writeFile: (_name, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`the peak loops do not compile:\n${stderr.toString()}`, { cause: error });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return LOOPS.map((_, i) => exports[`loop${i}`]);
}
