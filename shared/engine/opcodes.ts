/**
 * The instruction set of the engine: what a compiled program is made of. An instruction is a row of Int32 words:
 * opcode, number of words, operands. Pointers are byte addresses within the WebAssembly memory; f32 constants travel as
 * their bits; strides count elements. Read by the compiler (TypeScript) and the interpreter (AssemblyScript) alike, so
 * this file holds plain constants only.
 */

/** out, column (COLUMN_*), batch, row length, scale bits, offset bits, 1 if `out` is i32: the rows named by the index register. */
export const OP_GATHER = 1;
/**
 * a, rowA, stepA, b, stepB, columnB, c, strideC, rows, inner, columns, init, initStride, floor bits, with strides in bytes:
 * c [rows, columns] = max(init + a·b, floor). `init` 0 stands for zeros.
 */
export const OP_MATMUL = 2;
/** x, out, rows, columns: out [columns, rows] = xᵀ. */
export const OP_TRANSPOSE = 4;
/** kind (MAP_*), out, a, b, c, rank, then rank words each of dims and strides of out, a, b, c. */
export const OP_MAP = 5;
/** x, out, rank, then rank words each of dims and strides of x and out: out += x; a summed axis has out stride 0. */
export const OP_REDUCE_SUM = 6;
/** out, count, bits. */
export const OP_FILL = 7;
/** x, out, rows, classes. */
export const OP_SOFTMAX = 8;
/** logits, labels, out, rows, classes. */
export const OP_CROSS_ENTROPY = 9;
/** logits, labels, dLosses, stride of dLosses, out, rows, classes. */
export const OP_CROSS_ENTROPY_GRAD = 10;
/** logits, labels, out, rows, classes. */
export const OP_NUM_CORRECT = 11;
/** x, out, count: the f64 at `out` += the f32 values at x, in order. */
export const OP_ACCUMULATE = 12;
/** trips, number of advances, then (word within the body, increment a trip) pairs, then the body. */
export const OP_LOOP = 13;

/** x, out, rows, columns. */
export const OP_LOG_SOFTMAX = 14;
/** table, indices, out, number of indices, row length, rows of the table, bits of what stands for a missing row. */
export const OP_GATHER_ROWS = 15;
/** x, indices, out, number of indices, row length, rows of out: out += , where `out` holds the start values. */
export const OP_SCATTER_ADD = 16;
/** x, out, outer, length, inner, 1 if backwards: running sums along the middle axis. */
export const OP_CUMULATIVE_SUM = 17;
/** state, out, count, stream. */
export const OP_RANDOM = 18;
/** state, out, by. */
export const OP_ADVANCE_RANDOM = 19;
/** x, out, then the words of a window (pool.ts says which). */
export const OP_MAX_POOL = 20;
/** dy, x, y, out, then as OP_MAX_POOL, then 1 for 0 where the maximum is not above 0 (x = relu(..)). */
export const OP_MAX_POOL_GRAD = 21;
/** x, w, out, init, floor bits, then the 19 words of a convolution (convolution.ts says which). */
export const OP_CONV = 22;
/** x, dy, out, init, initStride (bytes), then the 19 words. */
export const OP_CONV_FILTER_GRAD = 23;
/** As OP_REDUCE_SUM, with the larger of two values for their sum. */
export const OP_REDUCE_MAX = 24;

/** dy, y, out, rows, columns. */
export const OP_SOFTMAX_GRAD = 25;
/**
 * rank, dims, number of arrays, then for each its address and `rank` strides (bytes), number of links, then for each link: kind (MAP_*),
 * out, a, b, c: an array by its number, or block -1 - n of the scratch. One walk over the elements for all links.
 */
export const OP_CHAIN = 26;

/** x, w, out, init, floor bits, scratch, then the 19 words: as OP_CONV, by fewer products. */
export const OP_WINOGRAD = 27;
/** x, dy, out, init, initStride (bytes), scratch, then the 19 words. */
export const OP_WINOGRAD_FILTER_GRAD = 28;

/** x, out, rows, columns, epsilon bits. */
export const OP_STANDARDISE = 29;
/** dy, x, out, rows, columns, epsilon bits. */
export const OP_STANDARDISE_GRAD = 30;

/** x, w, y, then the 13 words of a transposed convolution (convolutionTransposed.ts says which). */
export const OP_CONV_TRANSPOSED = 31;

/** Which resident array a gather reads; address and element type are registers (`setSource`), not operands. */
export const COLUMN_INPUTS = 0;
export const COLUMN_TARGETS = 1;

/** Element type of a resident array. */
export const SOURCE_U8 = 0;
export const SOURCE_F32 = 1;
export const SOURCE_I32 = 2;

export const MAP_COPY = 0;
export const MAP_NEG = 1;
export const MAP_EXP = 2;
export const MAP_LOG = 3;
export const MAP_SQRT = 4;
export const MAP_TANH = 5;
export const MAP_SIGMOID = 6;
export const MAP_RELU = 7;
export const MAP_ADD = 8;
export const MAP_SUB = 9;
export const MAP_MUL = 10;
export const MAP_DIV = 11;
/** 1 where a > b, else 0. */
export const MAP_GREATER = 12;
/** a where b > 0, else 0. */
export const MAP_RELU_GRAD = 13;
/** a (1 - b²) */
export const MAP_TANH_GRAD = 14;
/** a b (1 - b) */
export const MAP_SIGMOID_GRAD = 15;
/** a - b c: a plain SGD step. */
export const MAP_SUB_MUL = 16;
/** a + b c */
export const MAP_ADD_MUL = 17;
/** b where a is not 0, else c. */
export const MAP_WHERE = 18;
export const MAP_RSQRT = 19;
export const MAP_ABS = 20;
export const MAP_FLOOR = 21;
export const MAP_ERF = 22;
export const MAP_SIN = 23;
export const MAP_COS = 24;
export const MAP_POW = 25;
export const MAP_MAXIMUM = 26;
export const MAP_MINIMUM = 27;
export const MAP_GREATER_EQUAL = 28;
export const MAP_EQUAL = 29;
export const MAP_GELU = 30;
/** a (Φ(b) + b φ(b)) */
export const MAP_GELU_GRAD = 31;
/** f32 -> i32, towards zero. */
export const MAP_TO_INT = 32;
export const MAP_TO_FLOAT = 33;
