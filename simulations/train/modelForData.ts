import type { SourceData } from "../../datasets/sourceData.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Model } from "../../shared/models/model.ts";
import { type ZooSizes, zooModel, zooSizes } from "../../shared/models/zoo.ts";
import { UsageError } from "../experiment/usageError.ts";

/**
 * A zoo model whose sizes follow the data (vocabulary, classes, nodes), but for those given.
 * @throws UsageError for a name or size that is none.
 */
export function modelForData(name: string, data: SourceData, given: ZooSizes = {}): Model {
  try {
    const known = Object.keys(zooSizes(name));
    const sizes = Object.entries(sizesOf(data)).filter(([size]) => known.includes(size));
    return zooModel(name, { ...Object.fromEntries(sizes), ...given });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** What data says of a model's sizes, by the names that the zoo uses. */
function sizesOf({ train, vocabulary, sizes }: SourceData): ZooSizes {
  const { inputShape, inputs, targets } = train;
  const [first = 1, second] = inputShape;
  const isRatings = inputShape.length === 1 && first === 2 && inputs instanceof Float32Array;
  return {
    inputs: numElements(inputShape),
    ...{ context: first, length: first },
    ...(vocabulary && { vocabulary: vocabulary.tokens.length }),
    ...(second !== undefined && { channels: second }),
    // A row of a dense graph is a node's features and its row of the adjacency matrix.
    ...(second !== undefined && second > first && { nodes: first, features: second - first }),
    ...(!(targets instanceof Float32Array) && { classes: Math.max(2, 1 + largest(targets)) }),
    ...(isRatings && { users: 1 + largest(inputs, 2, 0), items: 1 + largest(inputs, 2, 1) }),
    ...sizes,
  };
}

function largest(values: ArrayLike<number>, stride = 1, first = 0): number {
  let found = 0;
  for (let i = first; i < values.length; i += stride) found = Math.max(found, values[i]!);
  return found;
}
