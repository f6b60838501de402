/**
 * The instruction set of the engine: what a compiled program is made of. An instruction is a row of Int32 words:
 * opcode, number of words, operands. Pointers are byte addresses within the WebAssembly memory; f32 constants travel as
 * their bits; strides count elements. Read by the compiler (TypeScript) and the interpreter (AssemblyScript) alike, so this
 * file holds plain constants only.
 */

/** out, element type of the source (SOURCE_*), column (COLUMN_*), batch, row length, scale bits, offset bits: one batch of rows, in the order of the index buffer. */
export const OP_GATHER = 1;
/** a, b, c, rows, inner, columns, init, initStride (bytes), floor bits: c [rows, columns] = max(init + aᵀ·b, floor). */
export const OP_MATMUL_TN = 2;
/** a, b, c, rows, inner, columns: c [rows, columns] = a·bᵀ. */
export const OP_MATMUL_NT = 3;
/** x, out, rows, columns: out [columns, rows] = xᵀ. */
export const OP_TRANSPOSE = 4;
/** kind (MAP_*), out, a, b, c, rank, then dims, out strides, a strides, b strides, c strides (rank words each). */
export const OP_MAP = 5;
/** kind (REDUCE_*), x, out, initialise (0 or 1), start bits, count of out, rank, then dims, x strides, out strides. */
export const OP_REDUCE = 6;
/** out, count, bits. */
export const OP_FILL = 7;
/** logits, labels, rows, classes, losses out (0: none), gradient out (0: none): losses [rows], gradient softmax - one-hot. */
export const OP_SOFTMAX_CROSS_ENTROPY = 8;
/** logits, labels, rows, classes, out: f32 count of rows whose largest logit (the first of equals) is the label's. */
export const OP_NUM_CORRECT = 9;
/** table, indices, out, count, row length, table rows: out[i] = table[indices[i]]. */
export const OP_TAKE = 10;
/** x, indices, out, count, row length, table rows: out[indices[i]] += x[i]. */
export const OP_SCATTER_ADD = 11;
/** x, out, rows, columns: i32 position of each row's largest value (the first of equals). */
export const OP_ARGMAX = 12;
/** x, out, count: f64 at out += the f32 values at x, in order. */
export const OP_ACCUMULATE = 13;
/** trips, words of the body that follows, number of advances, then (word within the body, increment) pairs. */
export const OP_LOOP = 14;

/** Element type of a gathered source. */
export const SOURCE_U8 = 0;
export const SOURCE_F32 = 1;
export const SOURCE_I32 = 2;

/** Which resident array a gather reads; its address is a register (see `setSource`), not an operand. */
export const COLUMN_INPUTS = 0;
export const COLUMN_TARGETS = 1;

export const MAP_COPY = 0;
export const MAP_NEG = 1;
export const MAP_EXP = 2;
export const MAP_LOG = 3;
export const MAP_SQRT = 4;
export const MAP_TANH = 5;
export const MAP_SIGMOID = 6;
export const MAP_RELU = 7;
export const MAP_ABS = 8;
export const MAP_SIGN = 9;
export const MAP_SQUARE = 10;
export const MAP_RECIPROCAL = 11;
export const MAP_RSQRT = 12;
export const MAP_FLOOR = 13;
export const MAP_TO_F32 = 14;
export const MAP_TO_I32 = 15;
/** Kinds from here on read b. */
export const MAP_ADD = 32;
export const MAP_SUB = 33;
export const MAP_MUL = 34;
export const MAP_DIV = 35;
export const MAP_MAX = 36;
export const MAP_MIN = 37;
/** Comparisons give 1 or 0 as f32. */
export const MAP_GREATER = 38;
export const MAP_GREATER_EQUAL = 39;
export const MAP_EQUAL = 40;
export const MAP_EQUAL_I32 = 41;
/** a where b > 0, else 0: the gradient of relu, b its output or its input. */
export const MAP_RELU_GRADIENT = 42;
/** a (1 - b²), b = tanh(x). */
export const MAP_TANH_GRADIENT = 43;
/** a b (1 - b), b = sigmoid(x). */
export const MAP_SIGMOID_GRADIENT = 44;
/** Kinds from here on read c as well. a - b c: a plain SGD step. */
export const MAP_SUB_MUL = 64;
/** a + b c */
export const MAP_ADD_MUL = 65;
/** b where a is not 0, else c. */
export const MAP_SELECT = 66;

export const REDUCE_SUM = 0;
export const REDUCE_MAX = 1;
