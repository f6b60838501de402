import { expect, it } from "vitest";
import { createParticipationHistory } from "../../../../server/rounds/cohort/participationHistory.ts";
import { createRng } from "../../../../shared/base/rng.ts";
import { pick, population } from "./samplers.ts";

it("asks every client equally often, give or take one, though some never answer", () => {
  const eligible = population(new Array(7).fill(1));
  const history = createParticipationHistory();
  const rng = createRng("round-robin");
  for (let round = 0; round < 50; round++) {
    const clientIds = pick({ kind: "round-robin" }, { eligible, size: 3, round, rng, history });
    history.observe({ type: "asked", round, clientIds });
    for (const clientId of clientIds) {
      if (clientId !== "c03") history.observe({ type: "answered", clientId, weight: 1, trainLoss: 1 });
    }
    const asked = eligible.map(({ id }) => history.of(id)?.asked ?? 0);
    expect(Math.max(...asked) - Math.min(...asked)).toBeLessThanOrEqual(1);
  }
});

it("lets a newcomer catch up first", () => {
  const eligible = population([1, 1, 1]);
  const history = createParticipationHistory();
  history.observe({ type: "asked", round: 0, clientIds: ["c00", "c02"] });
  expect(pick({ kind: "round-robin" }, { eligible, history })).toEqual(["c01"]);
});
