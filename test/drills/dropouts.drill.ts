import { it } from "vitest";
import { runDropoutsDrill, runStragglersDrill } from "./dropoutsDrill.ts";

const rounds = Number(process.env.ROUNDS ?? 200);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const options = { seed, rounds, numClients: 20 };

it(`${rounds} rounds that members leave, and as many with silent ones (ROUNDS=${rounds} SEED=${seed})`, async () => {
  console.log(`ROUNDS=${rounds} SEED=${seed}`);
  const left = await runDropoutsDrill(options);
  console.log(
    `${left.members} members, ${left.missing} left before their update was whole, ${left.leftButCounted} just after`,
  );
  const silent = await runStragglersDrill(options);
  console.log(`${silent.members} members, ${silent.missing} never answered; every sum was exact`);
}, 1_200_000);
