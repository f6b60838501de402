import type { LocalPlan } from "../../shared/train/localPlan.ts";

/** Why a strategy needs each local step to be -learningRate times a gradient. */
const REASONS = {
  fedsgd: "its round is one step of gradient descent",
  qfedavg: "it reads gradients off the deltas, with L = 1 / learningRate",
} as const;

/**
 * Refuses local plans whose steps are something else than -learningRate · gradient, always with the same rate. Weight decay
 * and penalties pass: they are part of the objective, and so of its gradient.
 * @throws RangeError naming the member, why, and what to do.
 */
export function assertPlainSgd(strategy: keyof typeof REASONS, local: LocalPlan): void {
  const { optimizer, schedule, clip, perExampleClipNorm } = local;
  const refuse = (expected: string, remedy: string): never => {
    throw new RangeError(
      `${strategy} expected ${expected}: ${REASONS[strategy]}; ${remedy}, or use a strategy that takes any local step, such as fedavg`,
    );
  };
  if (optimizer.kind !== "sgd") refuse(`"local.optimizer.kind" "sgd", got "${optimizer.kind}"`, "set it");
  const { momentum = 0 } = optimizer as { readonly momentum?: number };
  if (momentum !== 0) refuse(`"local.optimizer.momentum" 0, got ${momentum}`, "leave it out");
  if (schedule !== undefined && schedule.kind !== "constant") {
    refuse(`"local.schedule" constant, got "${schedule.kind}"`, "leave it out");
  }
  if (clip !== undefined) refuse(`no "local.clip", got "${clip.kind}" ${clip.bound}`, "leave it out");
  if (perExampleClipNorm !== undefined) {
    refuse(`no "local.perExampleClipNorm", got ${perExampleClipNorm}`, "leave it out");
  }
}
