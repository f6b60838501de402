/** The elements of one tensor in row-major order. */
export type Values = Float32Array | Int32Array;
