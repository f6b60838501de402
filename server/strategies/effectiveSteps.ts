import { pow } from "../../shared/base/math.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";

/**
 * ‖a‖₁ of so many local steps, >= 1: how often a constant gradient would count in a client's delta.
 *
 *   plain       numSteps
 *   momentum    (n - m · (1 - m^n) / (1 - m)) / (1 - m), n the number of steps and m the momentum
 *   nesterov    n + m times that
 *   proximal    (1 - (1 - r)^n) / r, r = learningRate · proximal
 *
 * Weight decay and the other penalties count as part of the gradient.
 * Source: Wang et al. 2020, section 4.1, arXiv:2007.07481; Nesterov's form by the same derivation.
 * @throws RangeError for a local plan whose a is none of these.
 */
export function effectiveSteps(local: LocalPlan): (numSteps: number) => number {
  const { optimizer, schedule, penalties } = local;
  if (optimizer.kind !== "sgd") {
    throw new RangeError(`fednova expected the local optimizer "sgd", got "${optimizer.kind}"`);
  }
  if (schedule !== undefined && schedule.kind !== "constant") {
    throw new RangeError(`fednova expected the schedule "constant", got "${schedule.kind}"; leave "schedule" out`);
  }
  const momentum = optimizer.momentum ?? 0;
  const pull = optimizer.learningRate * (penalties?.proximal ?? 0);
  if (pull > 0 && momentum > 0) {
    throw new RangeError("fednova expected momentum or a proximal term in the local plan, got both; leave one out");
  }
  if (pull > 1) throw new RangeError(`fednova expected learningRate x proximal <= 1, got ${pull}; lower either`);
  if (pull > 0) return (n) => (1 - pow(1 - pull, n)) / pull;
  if (momentum === 0) return (n) => n;
  const velocities = (n: number): number => (n - (momentum * (1 - pow(momentum, n))) / (1 - momentum)) / (1 - momentum);
  return optimizer.nesterov ? (n) => n + momentum * velocities(n) : velocities;
}
