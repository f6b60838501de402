import { it } from "vitest";
import { runForgeriesDrill } from "./forgeriesDrill.ts";

const cases = Number(process.env.CASES ?? 100_000);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`accepts none of ${cases} forged and poisoned updates (CASES=${cases} SEED=${seed})`, async () => {
  console.log(`CASES=${cases} SEED=${seed}`);
  const { refused, duplicates } = await runForgeriesDrill({ seed, cases });
  for (const [kind, { count, codes }] of refused) console.log(`${count} x ${kind}: ${[...codes].join(", ")}`);
  console.log(`${duplicates} true duplicates: the same receipt each time; the model is that of the honest updates`);
}, 1_200_000);
