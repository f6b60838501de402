/** MNIST's images as rows: 784 bytes an example, brought to 0 .. 1. */
export const mnistPixels = { shape: [784], scale: 1 / 255 };

/** The same bytes as images [height, width, channels]. */
export const mnistImages = { shape: [28, 28, 1], scale: 1 / 255 };
