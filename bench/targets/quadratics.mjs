// Client drift on two quadratics: rounds until |x| <= 0.01 from x = 1, for FedAvg and SCAFFOLD by local steps and heterogeneity.
//   node bench/targets/quadratics.mjs
// f1 = x² + G x and f2 = -G x: their mean x²/2 has its minimum at 0; second derivatives are delta = 1 from their mean, gradients
// at 0 are G from theirs. Full gradients, both clients in every round; each cell with the best of its learning rates
// 2^-k / steps, k = 0, 1/2, .. 16. Source: Karimireddy et al. 2020, Theorem II and figure 3, arXiv:1910.06378. The
// algorithms are written out: no dataset has a linear loss. test/simulations/drift.test.ts holds the real ones to the same.
const STEPS = [1, 2, 5, 10, 100];
const HETEROGENEITY = [1, 10, 100];
const TARGET = 0.01;
/** Rounds that it must stay there: passing by is not arriving. */
const STAY = 10;
const MAX_ROUNDS = 100_000;
const RATES = Array.from({ length: 33 }, (_, k) => 2 ** (-k / 2));

const gradients = (g) => [(x) => 2 * x + g, () => -g];

/** Rounds to the target, infinity if it takes `limit` or more, or diverges. */
function roundsTo({ kind, steps, g, rate, limit }) {
  const own = [0, 0];
  let x = 1;
  let control = 0;
  let near = 0;
  for (let round = 1; round < limit + STAY; round++) {
    let sum = 0;
    let changes = 0;
    for (const [client, gradient] of gradients(g).entries()) {
      let y = x;
      for (let step = 0; step < steps; step++) y -= rate * (gradient(y) + control - own[client]);
      if (kind === "scaffold") {
        const change = (x - y) / (steps * rate) - control;
        own[client] += change;
        changes += change;
      }
      sum += y;
    }
    x = sum / 2;
    control += changes / 2;
    if (!(Math.abs(x) < 1e6)) return Number.POSITIVE_INFINITY;
    near = Math.abs(x) <= TARGET ? near + 1 : 0;
    if (near === STAY) return round - STAY + 1;
  }
  return Number.POSITIVE_INFINITY;
}

function best(cell) {
  let limit = MAX_ROUNDS;
  for (const rate of RATES) limit = Math.min(limit, roundsTo({ ...cell, rate: rate / cell.steps, limit }));
  return limit === MAX_ROUNDS ? `> ${MAX_ROUNDS}` : String(limit);
}

console.log(`| strategy | G | ${STEPS.map((steps) => `${steps} steps`).join(" | ")} |`);
console.log(`|---|---|${"---|".repeat(STEPS.length)}`);
for (const kind of ["fedavg", "scaffold"]) {
  for (const g of HETEROGENEITY) {
    console.log(`| ${kind} | ${g} | ${STEPS.map((steps) => best({ kind, steps, g })).join(" | ")} |`);
  }
}
