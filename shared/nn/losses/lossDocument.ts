import * as v from "valibot";
import { binaryCrossEntropyWithLogitsKind } from "./binaryCrossEntropyWithLogitsLoss.ts";
import { cosineEmbeddingKind } from "./cosineEmbeddingLoss.ts";
import { cosineKind } from "./cosineLoss.ts";
import { huberKind } from "./huberLoss.ts";
import { infoNceKind } from "./infoNceLoss.ts";
import { klDivergenceKind } from "./klDivergenceLoss.ts";
import { meanAbsoluteErrorKind } from "./meanAbsoluteErrorLoss.ts";
import { meanSquaredErrorKind } from "./meanSquaredErrorLoss.ts";
import { policyGradientKind } from "./policyGradientLoss.ts";
import { reconstructionKind } from "./reconstructionLoss.ts";
import { softmaxCrossEntropyKind } from "./softmaxCrossEntropyLoss.ts";
import { tripletKind } from "./tripletLoss.ts";
import { variationalKind } from "./variationalLoss.ts";

/** Every kind of loss that a model document may ask for. */
export const lossKinds = [
  softmaxCrossEntropyKind,
  binaryCrossEntropyWithLogitsKind,
  meanSquaredErrorKind,
  meanAbsoluteErrorKind,
  huberKind,
  cosineKind,
  cosineEmbeddingKind,
  infoNceKind,
  tripletKind,
  klDivergenceKind,
  reconstructionKind,
  variationalKind,
  policyGradientKind,
] as const;

/** The losses that need no options: their name alone will do. */
export const LOSS_NAMES = [
  "softmaxCrossEntropy",
  "binaryCrossEntropyWithLogits",
  "meanSquaredError",
  "meanAbsoluteError",
  "huber",
  "cosine",
  "cosineEmbedding",
  "triplet",
  "klDivergence",
  "reconstruction",
  "variational",
  "policyGradient",
] as const;

export type LossName = (typeof LOSS_NAMES)[number];

const nameSchema = v.picklist(LOSS_NAMES);
const optionsSchema = v.variant("kind", lossKinds.map(({ schema }) => schema) as unknown as Schemas<typeof lossKinds>);

type Schemas<K extends readonly { readonly schema: unknown }[]> = { -readonly [I in keyof K]: K[I]["schema"] };

/**
 * A loss as data: a name, or a kind with its options. Chosen by form rather than tried in turn, so that a typo is blamed
 * on the right one.
 */
export const lossDocumentSchema = v.lazy((input) =>
  typeof input === "object" && input !== null ? optionsSchema : nameSchema,
) as v.GenericSchema<unknown, LossDocument>;

export type LossDocument = LossName | v.InferOutput<typeof optionsSchema>;
