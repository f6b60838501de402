// The workloads' models in TensorFlow.js core ops: createModels(tf) gives by name a function that makes { variables, logits(x) }. x is
// f32 pixels [batch, 784] or i32 token ids [batch, 80]; logits are [examples, classes], a text's positions being examples.
const VOCABULARY = 90;
const CONTEXT = 80;

export function createModels(tf) {
  /** Makes variables, uniform as He et al. 2015 for weights, and keeps a list of them. */
  function createVariables() {
    const variables = [];
    const add = (tensor) => {
      variables.push(tf.variable(tensor));
      return variables.at(-1);
    };
    return {
      variables,
      weight(shape, fanIn) {
        const bound = Math.sqrt(6 / fanIn);
        return add(tf.randomUniform(shape, -bound, bound, "float32", variables.length + 1));
      },
      zeros: (shape) => add(tf.zeros(shape)),
      ones: (shape) => add(tf.ones(shape)),
    };
  }

  function createLinear(make, inputs, outputs) {
    const [w, b] = [make.weight([inputs, outputs], inputs), make.zeros([outputs])];
    return (x) => tf.add(tf.matMul(x, w), b);
  }

  function dense(...sizes) {
    const make = createVariables();
    const layers = sizes.slice(1).map((size, i) => createLinear(make, sizes[i], size));
    const logits = (x) => layers.reduce((h, layer, i) => layer(i === 0 ? h : tf.relu(h)), x);
    return { variables: make.variables, logits };
  }

  function cnn() {
    const make = createVariables();
    const conv = (inputs, outputs) => {
      const [w, b] = [make.weight([5, 5, inputs, outputs], 25 * inputs), make.zeros([outputs])];
      return (x) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w, 1, "same"), b)), 2, 2, "valid");
    };
    const [first, second] = [conv(1, 32), conv(32, 64)];
    const [hidden, output] = [createLinear(make, 3136, 512), createLinear(make, 512, 10)];
    return {
      variables: make.variables,
      logits: (x) => output(tf.relu(hidden(tf.reshape(second(first(tf.reshape(x, [-1, 28, 28, 1]))), [-1, 3136])))),
    };
  }

  /** A one-hot product: the gradient of tf.gather needs a kernel that the WebAssembly backend lacks. */
  const embed = (tokens, table) =>
    tf.matMul(tf.cast(tf.oneHot(tf.reshape(tokens, [-1]), VOCABULARY), "float32"), table);

  /** Input products of all positions in one go, then the recurrence unrolled over the 80 positions. */
  function charLstm() {
    const make = createVariables();
    const table = make.weight([VOCABULARY, 8], VOCABULARY);
    const layers = [8, 256].map((inputs) => ({
      input: createLinear(make, inputs, 4 * 256),
      recurrent: make.weight([256, 4 * 256], 256),
    }));
    const output = createLinear(make, 256, VOCABULARY);
    /** x [80 * batch, inputs], position by position -> [80 * batch, 256] */
    function lstm({ input, recurrent }, x, batch) {
      let [h, c] = [tf.zeros([batch, 256]), tf.zeros([batch, 256])];
      const outputs = tf.split(input(x), CONTEXT, 0).map((xw) => {
        const [i, f, g, o] = tf.split(tf.add(xw, tf.matMul(h, recurrent)), 4, 1);
        c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        h = tf.mul(tf.sigmoid(o), tf.tanh(c));
        return h;
      });
      return tf.concat(outputs, 0);
    }
    return {
      variables: make.variables,
      logits(tokens) {
        const [batch] = tokens.shape;
        const h = layers.reduce((x, layer) => lstm(layer, x, batch), embed(tf.transpose(tokens), table));
        // Back from position by position to example by example, as the targets are.
        return output(tf.reshape(tf.transpose(tf.reshape(h, [CONTEXT, batch, 256]), [1, 0, 2]), [-1, 256]));
      },
    };
  }

  function createLayerNorm(make, width) {
    const [scale, shift] = [make.ones([width]), make.zeros([width])];
    return (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
    };
  }

  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

  function createBlock(make, width, heads) {
    const [norm1, norm2] = [createLayerNorm(make, width), createLayerNorm(make, width)];
    const [qkv, projection] = [createLinear(make, width, 3 * width), createLinear(make, width, width)];
    const [up, down] = [createLinear(make, width, 4 * width), createLinear(make, 4 * width, width)];
    const ofHeads = (x) => tf.transpose(tf.reshape(x, [-1, CONTEXT, heads, width / heads]), [0, 2, 1, 3]);
    return (x, mask) => {
      const [q, k, v] = tf.split(qkv(norm1(x)), 3, 1).map(ofHeads);
      const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), Math.sqrt(heads / width)), mask);
      const attended = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), [-1, width]);
      const h = tf.add(x, projection(attended));
      return tf.add(h, down(gelu(up(norm2(h)))));
    };
  }

  function tinyGpt({ width = 64, heads = 4, blocks = 2 } = {}) {
    const make = createVariables();
    const [tokenTable, positions] = [make.weight([VOCABULARY, width], width), make.weight([CONTEXT, width], width)];
    const layers = Array.from({ length: blocks }, () => createBlock(make, width, heads));
    const [norm, output] = [createLayerNorm(make, width), createLinear(make, width, VOCABULARY)];
    const mask = tf.tensor2d(
      Array.from({ length: CONTEXT }, (_, i) => Array.from({ length: CONTEXT }, (_, j) => (j > i ? -1e9 : 0))),
    );
    return {
      variables: make.variables,
      logits(tokens) {
        const embedded = tf.reshape(embed(tokens, tokenTable), [-1, CONTEXT, width]);
        const x = tf.reshape(tf.add(embedded, positions), [-1, width]);
        return output(norm(layers.reduce((h, layer) => layer(h, mask), x)));
      },
    };
  }

  /** A convolution without bias and group norm with 8 groups. */
  function createConvNorm(make, { kernel, inputs, outputs, stride = 1 }) {
    const w = make.weight([kernel, kernel, inputs, outputs], kernel * kernel * inputs);
    const [scale, shift] = [make.ones([outputs]), make.zeros([outputs])];
    return (x) => {
      const y = tf.conv2d(x, w, stride, "same");
      const groups = tf.reshape(y, [y.shape[0], y.shape[1], y.shape[2], 8, outputs / 8]);
      const { mean, variance } = tf.moments(groups, [1, 2, 4], true);
      const normal = tf.mul(tf.sub(groups, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(tf.reshape(normal, y.shape), scale), shift);
    };
  }

  function createBasicBlock(make, inputs, outputs, stride) {
    const first = createConvNorm(make, { kernel: 3, inputs, outputs, stride });
    const second = createConvNorm(make, { kernel: 3, inputs: outputs, outputs });
    const shortcut = stride === 1 ? (x) => x : createConvNorm(make, { kernel: 1, inputs, outputs, stride });
    return (x) => tf.relu(tf.add(second(tf.relu(first(x))), shortcut(x)));
  }

  function resnet8() {
    const make = createVariables();
    const stem = createConvNorm(make, { kernel: 3, inputs: 1, outputs: 16 });
    const blocks = [
      createBasicBlock(make, 16, 16, 1),
      createBasicBlock(make, 16, 32, 2),
      createBasicBlock(make, 32, 64, 2),
    ];
    const output = createLinear(make, 64, 10);
    return {
      variables: make.variables,
      logits(x) {
        const h = blocks.reduce((y, block) => block(y), tf.relu(stem(tf.reshape(x, [-1, 28, 28, 1]))));
        return output(tf.mean(h, [1, 2]));
      },
    };
  }

  return {
    "softmax-regression": () => dense(784, 10),
    "2nn": () => dense(784, 200, 200, 10),
    cnn,
    "char-lstm": charLstm,
    "tiny-gpt": tinyGpt,
    "resnet-8": resnet8,
  };
}
