import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { EngineInstance } from "../../../shared/engine/instance.ts";
import { OPSET_VERSION } from "../../../shared/graph/opset.ts";
import type { Shape } from "../../../shared/graph/tensor.ts";
import type { Model } from "../../../shared/models/model.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { buildEvaluationGraph, buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import type { CustomNode } from "../../../shared/nn/custom/customDocument.ts";
import type { LayerDocument } from "../../../shared/nn/layer.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";

// Each of these documents once took minutes, gigabytes or the worker's life; a limit of 10 s is far above what it takes to
// refuse or to compile them.

const plan: LocalPlan = { epochs: 1, batchSize: 2, optimizer: { kind: "sgd", learningRate: 0.1 } };
const flat: LayerDocument = { kind: "flatten" };

function build(input: Shape, layers: readonly LayerDocument[], loss: unknown = "meanSquaredError"): Model {
  const document = {
    format: "headwater-model/1",
    opset: OPSET_VERSION,
    name: "hostile",
    input: { shape: input, scale: 1, offset: 0 },
    layers,
    loss,
  };
  return modelFromDocument(parseModelDocument(JSON.parse(JSON.stringify(document))));
}

function times<T>(count: number, item: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => item(i));
}

const weights = { w: { shape: [1], init: "zeros" } };

function custom(input: Shape, params: object, nodes: readonly CustomNode[]): LayerDocument {
  return {
    kind: "custom",
    name: "hostile",
    input,
    params,
    nodes,
    output: nodes.length - 1,
  } as unknown as LayerDocument;
}

/** Ops one after the other, from x on. */
function chain(count: number, op: string, attributes?: CustomNode["attributes"]): CustomNode[] {
  return times(count, (i) => ({ op, inputs: [i === 0 ? "x" : i - 1], ...(attributes && { attributes }) }));
}

function compile(model: Model, local: LocalPlan = plan): number {
  return new EngineInstance().compile(buildTrainingGraph(model, local, local.batchSize)).numWords;
}

describe("a model document of a stranger", () => {
  describe("cannot make values while it is traced without end", () => {
    it.each<[string, Shape, LayerDocument[], string]>([
      [
        "activations that grow 64-fold a layer",
        [2],
        times(250, () => ({ kind: "parallel", branches: times(64, () => []) })),
        "concat expected a result of <= 268435456 elements",
      ],
      [
        "padding around padding",
        [8, 8, 1],
        [...times(200, () => ({ kind: "conv2d", inChannels: 1, outChannels: 1, kernel: 1, padding: 1024 })), flat],
        "layers.7 conv2d(1, 1, 1x1): conv2d expected a result of <= 268435456 elements, got [1, 16392, 16392, 1]",
      ],
      [
        "steps of spiking layers within steps",
        [4],
        [
          times(5, () => 1024).reduce<LayerDocument>(
            (layer, steps) => ({ kind: "spiking", steps, encoding: "latency", layers: [layer] }),
            flat,
          ),
        ],
        "expected a result of <= 268435456 elements",
      ],
      [
        "attention over 2^20 positions",
        [2 ** 20, 1],
        [{ kind: "multiHeadAttention", features: 1, heads: 1 }, flat],
        "matmul expected a result of <= 268435456 elements, got [1, 1, 1048576, 1048576]",
      ],
      [
        "a pad with room for 2^52 values between neighbours",
        [2],
        [custom([2], {}, chain(1, "pad", { axis: 1, before: 0, after: 0, interior: 2 ** 52, value: 0 }))],
        "pad expected a result of <= 268435456 elements",
      ],
      [
        "tables of positions, each a literal",
        [1024, 1024],
        [...times(250, () => ({ kind: "sinusoidalPositions" })), flat],
        "graph expected <= 65536 nodes",
      ],
      [
        "windows of a mean along one axis",
        [2 ** 22, 1],
        [{ kind: "averagePool1d", kernel: 3, stride: 1, padding: 1 }, flat],
        '"windows along one axis" expected a value in [1, 1048576], got 4194304',
      ],
    ])("%s", (_, input, layers, reason) => {
      expect(() => build(input, layers)).toThrow(reason);
    });

    it("counts of windows in two directions, by a literal of all", () => {
      const pool = { kind: "averagePool2d", kernel: 3, strides: 1, padding: 1 };
      expect(build([4096, 4096, 1], [...times(100, () => pool), flat]).outputSize).toBe(4096 ** 2);
    });

    it("loops of attention on graphs, by a literal of all pairs of nodes", () => {
      const gat = { kind: "gat", inFeatures: 1, outFeatures: 1, heads: 1 };
      const graph = { kind: "denseGraph", nodes: 4096, features: 1, layers: times(60, () => gat) };
      expect(build([4096, 4097], [graph, flat]).outputSize).toBe(4096);
    });
  });

  describe("cannot have a graph without end", () => {
    const lstm = { kind: "lstm", inFeatures: 2, units: 1, direction: "both", layers: 64 };

    it.each<[string, Shape, LayerDocument[], string]>([
      ["60 recurrent layers of 128 loops", [2, 2], times(60, () => lstm), "graph expected <= 65536 nodes"],
      [
        "250 filters of 1024 taps",
        [64, 64, 1],
        [...times(250, () => ({ kind: "depthwiseConv2d", channels: 1, kernel: 32, padding: "same" })), flat],
        "depthwiseConv2d(1, 32x32): graph expected <= 65536 nodes",
      ],
      [
        "adapters of adapters, twice as many a level",
        [2, 2],
        [times(14, () => 1).reduce<LayerDocument>((layer, rank) => ({ kind: "lora", layer, rank }), lstm)],
        "lora expected a layer without adapters",
      ],
      [
        "orthogonal weights that take minutes to draw",
        [1],
        [
          custom(
            [1],
            Object.fromEntries(times(9, (i) => [`w${i}`, { shape: [2048, 2048], init: "orthogonal" }])),
            chain(1, "neg"),
          ),
        ],
        'model expected first params that take <= 8589934592 products, got 77309411328; use fewer "orthogonal" weights',
      ],
    ])("%s", (_, input, layers, reason) => {
      expect(() => build(input, layers)).toThrow(reason);
    });

    it("whose gradient stands 4 million times beside itself", () => {
      const halves = times(22, (i): CustomNode[] => {
        const half = (start: number): CustomNode => ({
          op: "slice",
          inputs: [i === 0 ? "w" : 3 * i - 1],
          attributes: { axis: 0, start, size: 2 ** (21 - i), stride: 1 },
        });
        return [half(0), half(2 ** (21 - i)), { op: "add", inputs: [3 * i, 3 * i + 1] }];
      }).flat();
      const params = { w: { shape: [2 ** 22], init: "zeros" } };
      const model = build([1], [custom([1], params, [...halves, { op: "mul", inputs: ["x", 65] }])]);
      expect(() => buildTrainingGraph(model, plan, 2)).toThrow("graph expected <= 65536 nodes");
      const clipped = { ...plan, perExampleClipNorm: 1 };
      expect(() => buildTrainingGraph(model, clipped, 2)).toThrow("graph expected <= 65536 nodes");
    });

    it("whose gradients alone go beyond", () => {
      const filter = { kind: "depthwiseConv2d", channels: 1, kernel: 32, padding: "same" };
      const model = build([32, 32, 1], [...times(8, () => filter), flat]);
      expect(() => buildTrainingGraph(model, plan, 2)).toThrow("graph expected <= 65536 nodes");
    });
  });

  describe("is traced and compiled in a time that its length allows", () => {
    it("where a loop's constant is added to itself 60 times", () => {
      const doubled = times(60, (i): CustomNode => ({ op: "add", inputs: [i, i] }));
      const model = build(
        [1],
        [
          custom([1], weights, [
            { op: "constant", inputs: [], attributes: { value: 0, shape: [1] } },
            {
              op: "scan",
              inputs: [0, "w"],
              attributes: { length: 2, numCarries: 1, numSequences: 0, reverse: false },
              body: {
                nodes: [{ op: "exp", inputs: ["constant.0"] }, ...doubled, { op: "add", inputs: ["carry.0", 60] }],
                outputs: [61],
              },
            },
            { op: "scanOutput", inputs: [1], attributes: { index: 0 } },
            { op: "add", inputs: ["x", 2] },
          ] as CustomNode[]),
        ],
      );
      expect(compile(model)).toBeGreaterThan(0);
    });

    it("with 3400 ops that are lowered one after the other", () => {
      const spikes = custom([2], {}, chain(850, "spike", { kind: "arctan", slope: 1 }));
      const linear = { kind: "linear", inFeatures: 2, outFeatures: 2 };
      expect(compile(build([2], [...times(4, () => spikes), linear]))).toBeGreaterThan(0);
    });

    it("with 4000 ops of a loop that nobody reads", () => {
      const unread = times(4000, (i): CustomNode => ({ op: "exp", inputs: [i === 0 ? "constant.0" : i - 1] }));
      const model = build(
        [2],
        [
          { kind: "linear", inFeatures: 2, outFeatures: 2 },
          custom([2], {}, [
            { op: "constant", inputs: [], attributes: { value: 0, shape: [{ batch: 1 }, 2] } },
            {
              op: "scan",
              inputs: [0, "x"],
              attributes: { length: 2, numCarries: 1, numSequences: 0, reverse: false },
              body: { nodes: [...unread, { op: "add", inputs: ["carry.0", "constant.0"] }], outputs: [4000, 3999] },
            },
            { op: "scanOutput", inputs: [1], attributes: { index: 0 } },
          ] as CustomNode[]),
        ],
      );
      expect(compile(model)).toBeLessThan(1000);
    });

    it("with 15,600 loops in each other", () => {
      const product = { op: "matmul", attributes: { transposeA: false, transposeB: false } };
      const products = times(1300, (i): CustomNode => ({ ...product, inputs: [i === 0 ? "x" : i - 1, "x"] }));
      const layers = times(2, () => custom([2, 2, 2, 2, 1, 1], {}, products));
      const model = build(
        [16],
        [
          { kind: "linear", inFeatures: 16, outFeatures: 16 },
          { kind: "reshape", shape: [2, 2, 2, 2, 1, 1] },
          ...layers,
          flat,
        ],
      );
      expect(compile(model)).toBeGreaterThan(0);
    }, 30_000);

    it("with 3600 views of a param", () => {
      const turns = chain(1200, "transpose", { permutation: [1, 0] });
      const layer = custom([2, 2], { w: { shape: [2, 2], init: "zeros" } }, [
        { ...turns[0]!, inputs: ["w"] },
        ...turns.slice(1),
        { op: "add", inputs: ["x", 1199] },
      ]);
      expect(
        compile(
          build(
            [2, 2],
            times(3, () => layer),
          ),
        ),
      ).toBeGreaterThan(0);
    });
  });

  describe("cannot take more of a client than it is willing to give", () => {
    const spread: CustomNode[] = [
      { op: "add", inputs: ["x", "w"] },
      { op: "broadcastTo", inputs: [0], attributes: { shape: [{ batch: 1 }, 4096] } },
      { op: "reshape", inputs: [1], attributes: { shape: [{ batch: 4096 }, 1] } },
    ];

    it("memory: one param, x, and their outer products", () => {
      const outer: CustomNode[] = [
        ...spread,
        { op: "matmul", inputs: [2, 2], attributes: { transposeA: false, transposeB: true } },
        ...times(9, (i): CustomNode => ({ op: "exp", inputs: [3 + i] })),
        { op: "reduceSum", inputs: [12], attributes: { axes: [1] } },
        { op: "reshape", inputs: [13], attributes: { shape: [{ batch: 1 }, 4096] } },
      ];
      const model = build([1], [custom([1], weights, outer)]);
      expect(() => compile(model)).toThrow(
        /^step expected <= 1073741824 bytes of workspace, got \d+; lower the batch size$/,
      );
      // A batch of 1 needs a quarter of it.
      expect(compile(model, { ...plan, batchSize: 1 })).toBeGreaterThan(0);
      const trainer = createLocalTrainer({ model, plan });
      expect(() => trainer.compile(2)).toThrow("batch of 2: step expected <= 1073741824 bytes of workspace");
    });

    it("time: products of matrices that fit", () => {
      const square = (inputs: CustomNode["inputs"]): CustomNode => ({
        op: "matmul",
        inputs,
        attributes: { transposeA: false, transposeB: false },
      });
      const sums: CustomNode = { op: "reduceSum", inputs: ["x"], attributes: { axes: [0] } };
      const wide: CustomNode = { op: "broadcastTo", inputs: [0], attributes: { shape: [2048, 2048] } };
      const powers = custom([1], {}, [
        sums,
        wide,
        { op: "reshape", inputs: [1], attributes: { shape: [2048, 2048] } },
        ...times(150, (i) => square([2 + i, 2])),
        { op: "reduceMax", inputs: [152], attributes: { axes: [0, 1] } },
        { op: "add", inputs: ["x", 153] },
      ]);
      const model = build([1], [powers, { kind: "linear", inFeatures: 1, outFeatures: 1 }]);
      // 150 products of 2 · 2048³ operations, and what passes through them.
      expect(() => compile(model)).toThrow(/^step expected work of <= 2199023255552 operations, got 26\d{11};/);
    });

    it("time: windows of a maximum as large as the image", () => {
      const pool = { kind: "maxPool2d", kernel: 512, strides: 1, padding: 511 };
      const model = build([512, 512, 4], [{ kind: "conv2d", inChannels: 4, outChannels: 4, kernel: 1 }, pool, flat]);
      expect(() => compile(model)).toThrow("step expected work of <=");
    });

    it("memory for the batch: every vector against every other, of 16,384", () => {
      const model = build([2], [{ kind: "linear", inFeatures: 2, outFeatures: 2 }], {
        kind: "infoNce",
        temperature: 1,
        negatives: "bothViews",
      });
      expect(() => buildTrainingGraph(model, plan, 16_384)).toThrow(
        "matmul expected a result of <= 268435456 elements, got [32768, 32768]",
      );
    });

    it("memory for classes that nobody counts", () => {
      const branch = { kind: "parallel", branches: times(64, () => []) };
      const model = build(
        [2, 1],
        [{ kind: "linear", inFeatures: 1, outFeatures: 1 }, ...times(4, () => branch)],
        "softmaxCrossEntropy",
      );
      expect(() => buildEvaluationGraph(model, 2)).toThrow("literal expected <= 1048576 values, got 16777216");
    });

    it("memory for the order of 1000 epochs", () => {
      const model = build([2], [{ kind: "linear", inFeatures: 2, outFeatures: 2 }]);
      const trainer = createLocalTrainer({ model, plan: { ...plan, batchSize: 1000, epochs: 1000 } });
      expect(() => trainer.compile(2 ** 18)).toThrow(
        "training expected <= 134217728 visits of examples, got 1000 epochs of 262144; lower the epochs",
      );
    });

    it("addresses: strides, dilations and padding that wrap around 32 bits", () => {
      const attributes = { kernel: [1, 1], strides: [2 ** 40, 1], dilations: [1, 1], padding: [2 ** 40, 0, 0, 0] };
      const filter = { w: { shape: [1, 1, 1, 1], init: "zeros" } };
      const model = build(
        [4, 4, 1],
        [custom([4, 4, 1], filter, [{ op: "conv2d", inputs: ["x", "w"], attributes }]), flat],
      );
      expect(() => compile(model)).toThrow("expected a result of <= 268435456 elements");
    });
  });

  describe("means what its canonical text says", () => {
    const constant = (value: number): LayerDocument =>
      custom([1], {}, [
        { op: "constant", inputs: [], attributes: { value, shape: [] } },
        { op: "div", inputs: ["x", 0] },
      ]);

    it("so that two documents of one hash do not differ in the sign of a zero", () => {
      const parsed = parseModelDocument({
        format: "headwater-model/1",
        opset: OPSET_VERSION,
        name: "zero",
        input: { shape: [1], scale: 1, offset: -0 },
        layers: [constant(-0)],
        loss: "meanSquaredError",
      });
      const { nodes } = parsed.layers[0] as unknown as { nodes: CustomNode[] };
      expect(Object.is(parsed.input.offset, 0)).toBe(true);
      expect(Object.is(nodes[0]!.attributes!.value, 0)).toBe(true);
    });

    it("nor in the order of their params", () => {
      const shapes = { a: { shape: [2], init: "zeros" }, b: { shape: [3], init: "zeros" } };
      const nodes = chain(1, "neg");
      const [first, second] = [shapes, { b: shapes.b, a: shapes.a }].map((params) =>
        build([1], [custom([1], params, nodes)]),
      );
      expect(first!.spec).toEqual(second!.spec);
      expect(first!.init(createRng(1))).toEqual(second!.init(createRng(1)));
    });
  });
});
