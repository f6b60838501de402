// What every contender trains: the same architectures with plain SGD, batch gather included. The data are one file of raw bytes
// that all of them read: u8 inputs [ROWS, inputSize], then u8 targets [ROWS, targetSize].

/** Rows of one client, the size of McMahan et al. 2017's MNIST clients. A contender trains rounds of one epoch over them. */
export const ROWS = 600;
const PIXELS = 784;
const CONTEXT = 80;
const VOCABULARY = 90;

/**
 * A product of the forward pass: multiply-adds for one example, padding and masked positions counted like any other. Training
 * does it three times (forward, gradient of the weights, gradient of the input); the first layer has no use for the last.
 */
const product = (multiplyAdds, { isFirst = false } = {}) => ({ multiplyAdds, passes: isFirst ? 2 : 3 });
const linear = (inputs, outputs, { rows = 1, ...rest } = {}) => product(rows * inputs * outputs, rest);
const conv = (side, kernel, inputs, outputs, rest) => product(side ** 2 * kernel ** 2 * inputs * outputs, rest);
/** Queries · keys and probabilities · values; the causal half that is masked away is counted. */
const attention = (width) => [product(CONTEXT ** 2 * width), product(CONTEXT ** 2 * width)];

/** One basic block: two 3x3 convolutions on the block's output side, a 1x1 shortcut where the shape changes. */
const basicBlock = (side, inputs, outputs) => [
  conv(side, 3, inputs, outputs),
  conv(side, 3, outputs, outputs),
  ...(inputs === outputs ? [] : [conv(side, 1, inputs, outputs)]),
];
const transformerBlock = [
  linear(64, 3 * 64, { rows: CONTEXT }),
  ...attention(64),
  linear(64, 64, { rows: CONTEXT }),
  linear(64, 256, { rows: CONTEXT }),
  linear(256, 64, { rows: CONTEXT }),
];

const image = { data: "image", inputSize: PIXELS, targetSize: 1, learningRate: 0.05 };
const text = { data: "text", inputSize: CONTEXT, targetSize: CONTEXT, learningRate: 0.1 };

/** By zoo name. `numParams` is what each contender's model must have: the check that all train the same. */
export const WORKLOADS = {
  "softmax-regression": { ...image, numParams: 7850, products: [linear(PIXELS, 10, { isFirst: true })] },
  "2nn": {
    ...image,
    numParams: 199_210,
    products: [linear(PIXELS, 200, { isFirst: true }), linear(200, 200), linear(200, 10)],
  },
  cnn: {
    ...image,
    numParams: 1_663_370,
    products: [conv(28, 5, 1, 32, { isFirst: true }), conv(14, 5, 32, 64), linear(3136, 512), linear(512, 10)],
  },
  "char-lstm": {
    ...text,
    numParams: 820_522,
    // PyTorch's nn.LSTM adds two bias vectors of 4 x 256 a layer where one is enough.
    extraParams: { PyTorch: 2 * 4 * 256 },
    products: [
      linear(8 + 256, 4 * 256, { rows: CONTEXT }),
      linear(256 + 256, 4 * 256, { rows: CONTEXT }),
      linear(256, VOCABULARY, { rows: CONTEXT }),
    ],
  },
  "tiny-gpt": {
    ...text,
    numParams: 116_826,
    products: [...transformerBlock, ...transformerBlock, linear(64, VOCABULARY, { rows: CONTEXT })],
  },
  "resnet-8": {
    ...image,
    numParams: 77_754,
    products: [
      conv(28, 3, 1, 16, { isFirst: true }),
      ...basicBlock(28, 16, 16),
      ...basicBlock(14, 16, 32),
      ...basicBlock(7, 32, 64),
      linear(64, 10),
    ],
  },
};

/** Floating-point operations of the products of one training step; everything else is a few per cent and not counted. */
export function flopsAStep({ products }, batch) {
  return batch * products.reduce((sum, { multiplyAdds, passes }) => sum + 2 * passes * multiplyAdds, 0);
}

/** Uniform token ids, the same on every run: Marsaglia 2003, "Xorshift RNGs", the 32-bit triple (13, 17, 5). */
function randomTokens(length) {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % VOCABULARY;
  });
}

/** The bytes of the data file. `isDense` takes pixels of which none is 0 instead of MNIST. */
export async function dataBytes({ data, inputSize, targetSize }, { isDense }) {
  const bytes = new Uint8Array(ROWS * (inputSize + targetSize));
  const inputs = bytes.subarray(0, ROWS * inputSize);
  const targets = bytes.subarray(ROWS * inputSize);
  if (data === "text") {
    const tokens = randomTokens(ROWS * (CONTEXT + 1));
    for (let row = 0; row < ROWS; row++) {
      const first = row * (CONTEXT + 1);
      inputs.set(tokens.subarray(first, first + CONTEXT), row * CONTEXT);
      targets.set(tokens.subarray(first + 1, first + 1 + CONTEXT), row * CONTEXT);
    }
  } else if (isDense) {
    inputs.forEach((_, i) => {
      inputs[i] = 1 + ((i * 7919) % 255);
    });
    targets.forEach((_, i) => {
      targets[i] = i % 10;
    });
  } else {
    const { loadMnist } = await import("../../dist/datasets/loadMnist.js");
    const { train } = await loadMnist();
    inputs.set(train.inputs.subarray(0, inputs.length));
    targets.set(train.targets.subarray(0, targets.length));
  }
  return bytes;
}
