import { assertPositiveInteger } from "../base/assert.ts";
import { cos, sin } from "../base/math.ts";
import type { Rng } from "../base/rng.ts";

/** A pole hinged on a cart, standing nearly upright. A policy sees the first four, in this order. */
export interface CartPoleState {
  /** Of the cart from the middle of the track, m. */
  readonly position: number;
  /** m/s */
  readonly velocity: number;
  /** Of the pole from upright, radians; positive to the right. */
  readonly angle: number;
  /** rad/s */
  readonly angularVelocity: number;
  /** Steps taken in this episode. */
  readonly steps: number;
}

/** 0 pushes the cart to the left, 1 to the right. */
export type CartPoleAction = 0 | 1;

export interface CartPoleStep {
  readonly state: CartPoleState;
  /** 1 for every step, the one that ends the episode too. */
  readonly reward: 1;
  /** The pole fell (beyond 12 degrees) or the cart left the track (beyond 2.4 m). */
  readonly isTerminal: boolean;
  /** The episode reached its most steps while the pole stood. */
  readonly isTruncated: boolean;
}

export interface CartPoleOptions {
  /** Most steps of an episode; 200 when absent, as in CartPole-v0 (v1: 500). */
  readonly maxSteps?: number;
}

const GRAVITY = 9.8; // m/s²
const POLE_MASS = 0.1; // kg
const TOTAL_MASS = POLE_MASS + 1;
const HALF_LENGTH = 0.5; // m
const POLE_MOMENT = POLE_MASS * HALF_LENGTH;
const FORCE = 10; // N
const STEP_SECONDS = 0.02;
const ANGLE_LIMIT = (12 * 2 * Math.PI) / 360;
const POSITION_LIMIT = 2.4;
const START_RANGE = 0.05;

/** The start of an episode: every variable uniform in ±0.05. */
export function startCartPole(rng: Rng): CartPoleState {
  const draw = (): number => START_RANGE * (2 * rng.nextFloat() - 1);
  return { position: draw(), velocity: draw(), angle: draw(), angularVelocity: draw(), steps: 0 };
}

/** What a policy sees: [position, velocity, angle, angularVelocity], in f32. */
export function observeCartPole({ position, velocity, angle, angularVelocity }: CartPoleState): Float32Array {
  return Float32Array.of(position, velocity, angle, angularVelocity);
}

/**
 * One step of 0.02 s by Euler's method, positions moved by the velocities before the step. Pure, in f64 with own sin and cos: the
 * same trajectory on every machine. An episode that ended may not go on: its caller starts another.
 * Source: Barto, Sutton and Anderson 1983, "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems",
 * appendix, without friction; constants, limits and episode length of OpenAI Gym's CartPole-v0.
 * @throws TypeError or RangeError unless the action is 0 or 1 and maxSteps >= 1.
 */
export function stepCartPole(
  state: CartPoleState,
  action: CartPoleAction,
  options: CartPoleOptions = {},
): CartPoleStep {
  const { maxSteps = 200 } = options;
  assertPositiveInteger("maxSteps", maxSteps);
  if (action !== 0 && action !== 1) throw new RangeError(`"action" expected 0 or 1, got ${action}`);
  const { position, velocity, angle, angularVelocity } = state;
  const sine = sin(angle);
  const cosine = cos(angle);
  const force = action === 1 ? FORCE : -FORCE;
  const push = (force + POLE_MOMENT * angularVelocity * angularVelocity * sine) / TOTAL_MASS;
  const angularAcceleration =
    (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * cosine * cosine) / TOTAL_MASS));
  const acceleration = push - (POLE_MOMENT * angularAcceleration * cosine) / TOTAL_MASS;
  const next: CartPoleState = {
    position: position + STEP_SECONDS * velocity,
    velocity: velocity + STEP_SECONDS * acceleration,
    angle: angle + STEP_SECONDS * angularVelocity,
    angularVelocity: angularVelocity + STEP_SECONDS * angularAcceleration,
    steps: state.steps + 1,
  };
  const isTerminal =
    next.position < -POSITION_LIMIT ||
    next.position > POSITION_LIMIT ||
    next.angle < -ANGLE_LIMIT ||
    next.angle > ANGLE_LIMIT;
  return { state: next, reward: 1, isTerminal, isTruncated: !isTerminal && next.steps >= maxSteps };
}
