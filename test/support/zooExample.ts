import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { Headwater } from "./bitIdentity.ts";

/** A zoo model, small where its sizes allow it, and made-up rows that fit it. */
export interface ZooExample {
  readonly model: Model;
  readonly data: Dataset;
}

export interface ZooExampleOptions {
  readonly numExamples: number;
  /** Whether networks for images see smaller ones than MNIST's, which slow engines can do with. */
  readonly hasSmallImages?: boolean;
}

/**
 * The example of a zoo model. The function's text is sent to other processes and pages, so it uses nothing but its arguments.
 */
export function zooExample(headwater: Headwater, name: string, options: ZooExampleOptions): ZooExample {
  const { createRng, modelFromDocument, zooModel } = headwater;
  const { numExamples } = options;
  const sizes: Record<string, Record<string, number>> = {
    "char-lstm": { vocabulary: 20, context: 4 },
    "tiny-gpt": { vocabulary: 20, context: 12 },
    "tiny-gpt-lora": { vocabulary: 20, context: 12 },
    "text-classifier": { vocabulary: 50, length: 12 },
    "gru-classifier": { vocabulary: 50, length: 12 },
    gcn: { nodes: 12, features: 9, edges: 24, classes: 3 },
    "gcn-karate": { nodes: 10, features: 4 },
    gin: { nodes: 8 },
    "simplicial-net": { nodes: 8, edges: 8, cells: 1 },
    "spiking-mlp": { steps: 4 },
    "spiking-cnn": { steps: 3 },
  };
  const given = sizes[name] ?? {};
  // Side of the image, and how many values are left of it in front of the linear layers, with MNIST's side and with this one.
  const smallImages: Record<string, readonly [side: number, from?: number, to?: number]> = {
    cnn: [8, 7 * 7 * 64, 2 * 2 * 64],
    "lenet-5": [16, 5 * 5 * 16, 2 * 2 * 16],
    "spiking-cnn": [8, 7 * 7 * 32, 2 * 2 * 32],
    "resnet-8": [6],
    "resnet-20": [7],
    "mobile-net": [9],
  };
  const usual = zooModel(name, given);
  const small = options.hasSmallImages ? smallImages[name] : undefined;
  const model = small ? modelFromDocument(shrunk(usual.document, ...small)) : usual;
  const rng = createRng("zoo example", name);
  const { shape, scale } = model.document.input;
  const inputSize = shape.reduce((product, size) => product * size, 1);

  function shrunk(document: ModelDocument, side: number, from = 0, to = 0): ModelDocument {
    const layers = JSON.stringify(document.layers).replaceAll(`"inFeatures":${from},`, `"inFeatures":${to},`);
    return { ...document, input: { ...document.input, shape: [side, side, 1] }, layers: JSON.parse(layers) };
  }

  /** A ring of nodes: each is joined to the next. */
  const ring = (nodes: number, features: number, joined: (a: number, b: number) => number): number[] =>
    Array.from({ length: nodes }, (_, node) => [
      ...Array.from({ length: features }, () => rng.nextFloat()),
      ...Array.from({ length: nodes }, (_, other) => joined(node, other)),
    ]).flat();
  const areNext = (nodes: number) => (a: number, b: number) => ((a + 1) % nodes === b || (b + 1) % nodes === a ? 1 : 0);

  function inputsOfOne(): number[] {
    const { vocabulary, nodes = 0, features = 7 } = given;
    if (vocabulary !== undefined) {
      // Words are padded with id 0 at the end; characters are not.
      const used = name.endsWith("classifier") ? 3 + rng.nextBelow(inputSize - 3) : inputSize;
      return Array.from({ length: inputSize }, (_, at) => (at < used ? 1 + rng.nextBelow(vocabulary - 1) : 0));
    }
    switch (name) {
      case "gcn": {
        const ofNodes = Array.from({ length: nodes * features }, () => rng.nextFloat());
        // Edges to the same node stand next to each other.
        const neighbours = Array.from({ length: nodes }, (_, node) => [(node + nodes - 1) % nodes, (node + 1) % nodes]);
        return [...ofNodes, ...neighbours.flat(), ...neighbours.flatMap((_, node) => [node, node])];
      }
      case "gcn-karate":
      case "gin":
        return ring(nodes, features, areNext(nodes));
      case "simplicial-net": {
        const ofNodes = Array.from({ length: nodes * features }, () => rng.nextFloat());
        // Edge e joins the nodes e and e + 1; the one 2-cell is bounded by all of them.
        const nodeEdge = ring(nodes, 0, (node, edge) => (node === edge || node === (edge + 1) % nodes ? 1 : 0));
        return [...ofNodes, ...nodeEdge, ...Array<number>(nodes).fill(1)];
      }
      case "matrix-factorisation":
        return [rng.nextBelow(200), rng.nextBelow(100)];
      default:
        return Array.from({ length: inputSize }, () => 2 * rng.nextFloat() - 1);
    }
  }

  const layout = model.loss.targets(1, model.outputShape);
  const targetSize = (layout?.shape ?? []).reduce((product, size) => product * size, 1);
  const target = (at: number): number => {
    if (layout?.numClasses !== undefined) return rng.nextBelow(layout.numClasses);
    // The policy's targets are an action and what it was worth.
    if (name === "cartpole-policy" && at % 2 === 0) return rng.nextBelow(2);
    return name === "logistic-regression" ? rng.nextBelow(2) : rng.nextFloat();
  };
  const numTargets = layout ? numExamples * targetSize : 0;
  const targets = Array.from({ length: numTargets }, (_, at) => target(at));
  return {
    model,
    data: {
      numExamples,
      inputShape: shape,
      inputs:
        scale === 1 / 255
          ? Uint8Array.from({ length: numExamples * inputSize }, () => Math.max(0, rng.nextBelow(512) - 256))
          : Float32Array.from(Array.from({ length: numExamples }, inputsOfOne).flat()),
      targets: layout?.dtype === "i32" ? Int32Array.from(targets) : Float32Array.from(targets),
      targetSize: layout ? targetSize : 0,
    },
  };
}
