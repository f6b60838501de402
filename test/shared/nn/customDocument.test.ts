import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { input } from "../../../shared/graph/ops.ts";
import { PRIMITIVE_OPS } from "../../../shared/graph/opset.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { custom } from "../../../shared/nn/custom/custom.ts";
import { customSchema } from "../../../shared/nn/custom/customDocument.ts";
import { customOps } from "../../../shared/nn/custom/customOps.ts";
import { applyLayer } from "../../contract/layer.ts";

describe("a custom layer from a stranger", () => {
  const base = { kind: "custom", name: "s", input: [4], params: {}, nodes: [], output: "x" } as const;
  const built =
    (change: object, batch = 2) =>
    () => {
      const document = v.parse(customSchema, { ...base, ...change });
      const layer = custom(document);
      return applyLayer(
        layer,
        Object.values(layer.init).map(({ shape }, i) => input(`p${i}`, shape)),
        input("x", [batch, 4]),
        evaluateContext,
      );
    };
  const node = (op: string, inputs: readonly unknown[], attributes?: object) => ({
    op,
    inputs,
    ...(attributes && { attributes }),
  });
  const scanOf = (change: object = {}, attributes: object = {}) => ({
    ...node("scan", ["x"], { length: 3, numCarries: 1, numSequences: 0, reverse: false, ...attributes }),
    body: { nodes: [node("tanh", ["carry.0"])], outputs: [0] },
    ...change,
  });

  it("runs as written", () => {
    expect(built({})().op).toBe("input");
    expect(built({ nodes: [node("tanh", ["x"])], output: 0 })().op).toBe("tanh");
    const loop = { nodes: [scanOf(), node("scanOutput", [0], { index: 0 })], output: 1 };
    expect(built(loop)().shape).toEqual([2, 4]);
  });

  const bad: readonly [what: string, change: object, message: string][] = [
    ["an unknown op", { nodes: [node("eval", ["x"])] }, "Expected"],
    ["a later node", { nodes: [node("tanh", [0])], output: 0 }, "nodes.0 tanh: expected a tensor made before, got 0"],
    ["an unknown name", { nodes: [node("tanh", ["y"])], output: 0 }, 'got "y"'],
    ["an output that is none", { output: 3 }, "expected a tensor made before, got 3"],
    ["too few inputs", { nodes: [node("add", ["x"])], output: 0 }, "nodes.0 add: expected 2 inputs, got 1"],
    ["no inputs", { nodes: [node("concat", [], { axis: 0 })], output: 0 }, "expected one or more inputs, got 0"],
    ["a missing attribute", { nodes: [node("reshape", ["x"])], output: 0 }, '"shape" expected a value, got none'],
    [
      "an attribute too many",
      { nodes: [node("tanh", ["x"], { a: 1 })], output: 0 },
      'expected the attributes none, got "a"',
    ],
    [
      "another type",
      { nodes: [node("reshape", ["x"], { shape: 8 })], output: 0 },
      '"shape" expected numbers, got number',
    ],
    [
      "shapes that do not fit",
      { nodes: [node("reshape", ["x"], { shape: [7] })], output: 0 },
      "nodes.0 reshape: reshape expected 8 elements",
    ],
    [
      "a part of a size",
      { nodes: [node("slice", ["x"], { axis: 0, start: 0, size: { perBatch: 1 }, stride: 1 })], output: 0 },
      '"size" expected a whole number, got 0.5',
    ],
    [
      "a result beyond measure",
      { nodes: [node("constant", [], { value: 1, shape: [{ batch: 2 ** 26 }] })], output: 0 },
      "expected <= 8 axes and 67108864 elements",
    ],
    [
      "too many axes",
      { nodes: [node("reshape", ["x"], { shape: [1, 1, 1, 1, 1, 1, 1, 1, 8] })], output: 0 },
      "expected <= 8 axes",
    ],
    ["a scan as a value", { nodes: [scanOf(), node("tanh", [0])], output: 1 }, "expected a value, got a scan"],
    ["a scan as the output", { nodes: [scanOf()], output: 0 }, "expected a value, got a scan"],
    [
      "a scan without a body",
      { nodes: [node("scan", ["x"], scanOf().attributes)], output: 0 },
      "a scan expected a body",
    ],
    [
      "a body elsewhere",
      { nodes: [{ ...scanOf(), ...node("tanh", ["x"]) }], output: 0 },
      "a body belongs to a scan only",
    ],
    [
      "a result that a scan has not",
      { nodes: [scanOf(), node("scanOutput", [0], { index: 1 })], output: 1 },
      '"index" expected a value in [0, 0], got 1',
    ],
    ["a scan within a scan", { nodes: [scanOf({ body: { nodes: [scanOf()], outputs: [0] } })], output: 0 }, "Invalid"],
    [
      "an outer tensor in a body",
      { nodes: [scanOf({ body: { nodes: [node("tanh", ["x"])], outputs: [0] } })], output: 0 },
      'nodes.0.body.0 tanh: expected a tensor made before, got "x"',
    ],
    ["a loop for ever", { nodes: [scanOf({}, { length: 1e9 })], output: 0 }, '"length" expected a value in [1, 65536]'],
    [
      "the result of another op",
      { nodes: [node("tanh", ["x"]), node("scanOutput", [0], { index: 0 })], output: 1 },
      "expected the result of a scan, got that of tanh",
    ],
    [
      "draws in evaluation",
      { nodes: [node("random", [], { shape: [2] })], output: 0 },
      "random values are drawn while training only",
    ],
    [
      "a pool's gradient without its pool",
      {
        nodes: [
          node("maxPool2dGrad", ["x", "x", "x"], {
            kernel: [1, 1],
            strides: [1, 1],
            dilations: [1, 1],
            padding: [0, 0, 0, 0],
          }),
        ],
        output: 0,
      },
      "maxPool2dGrad expected dy, x and maxPool2d(x)",
    ],
    [
      "a pool with half a kernel",
      {
        nodes: [node("maxPool2d", ["x"], { kernel: [1], strides: [1, 1], dilations: [1, 1], padding: [0, 0, 0, 0] })],
        output: 0,
      },
      '"kernel" expected 2 numbers, got 1',
    ],
    [
      "a type of numbers that is none",
      { nodes: [node("literal", [], { values: [1], shape: [1], dtype: "f64" })], output: 0 },
      '"dtype" expected f32 or i32, got f64',
    ],
    [
      "an update of what is no statistic",
      { updates: { w: "x" }, params: { w: { shape: [2, 4], init: "zeros" } } },
      'expected updates of its statistics, in their shape, got one of "w"',
    ],
    ["a param of the input's name", { params: { x: { shape: [1], init: "zeros" } } }, "Invalid"],
    [
      "65 params",
      { params: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`p${i}`, { shape: [1], init: "zeros" }])) },
      "expected <=64 params",
    ],
    ["more nodes than allowed", { nodes: new Array(4097).fill(node("tanh", ["x"])) }, "Invalid"],
    [
      "more nodes than allowed within loops",
      {
        nodes: [
          ...new Array(4095).fill(node("tanh", ["x"])),
          scanOf({ body: { nodes: new Array(2).fill(node("tanh", ["carry.0"])), outputs: [0] } }),
        ],
      },
      "nodes expected <= 4096 with those of loops, got 4098",
    ],
  ];

  it.each(bad)("is refused for %s", (_, change, message) => {
    expect(built(change)).toThrow(message);
  });

  it("may use every primitive op but those that need state of their own", () => {
    const own = ["input", "random", "advanceRandom", "scan", "scanOutput"];
    const expected = PRIMITIVE_OPS.filter((op) => !own.includes(op));
    expect(Object.keys(customOps)).toEqual(expect.arrayContaining(expected));
  });
});
