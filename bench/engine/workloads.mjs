// What every contender trains: one local epoch of one client, batch 10, plain SGD. The data set is a file of raw bytes that all of
// them read: u8 pixels [rows, 784], then u8 labels [rows].
export const ROWS = 600;
export const BATCH = 10;
export const INPUTS = 784;
export const LEARNING_RATE = 0.05;

export const WORKLOADS = {
  "softmax-regression": { layers: [784, 10] },
  "2nn": { layers: [784, 200, 200, 10] },
};
