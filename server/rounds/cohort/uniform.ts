import type { PickPlaces } from "./candidate.ts";
import { drawPlaces } from "./drawPlaces.ts";

/** Uniform without replacement: every cohort is equally likely; McMahan et al. 2017, Algorithm 1, arXiv:1602.05629. */
export const uniform: PickPlaces = ({ eligible, size, rng }) => drawPlaces(eligible.length, size, rng);
