import type { Dataset, RunFacts } from "headwater";

/** Side of an MNIST image in pixels. */
export const SIDE = 28;
/** Side of the box that an MNIST digit was scaled into before it was centred by its mass. */
const BOX = 20;

/** Whether the run reads pictures that can be shown and drawn here. */
export function isDigits({ inputShape, outputSize }: RunFacts): boolean {
  return inputShape.reduce((product, size) => product * size, 1) === SIDE * SIDE && outputSize === 10;
}

/** One row as 0..255 ink values, whether it came as bytes or as numbers. */
export function rowPixels(dataset: Dataset, row: number): Uint8ClampedArray {
  const size = dataset.inputs.length / dataset.numExamples;
  return Uint8ClampedArray.from(dataset.inputs.subarray(row * size, (row + 1) * size));
}

/** Draws ink values onto a canvas of SIDE x SIDE as black of that opacity; the style sheet inverts it in the dark. */
export function paint(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) image.data[4 * i + 3] = pixels[i] ?? 0;
  canvas.width = SIDE;
  canvas.height = SIDE;
  context.putImageData(image, 0, 0);
}

/**
 * A drawing as MNIST would have it: the ink's bounding box scaled into 20 x 20, placed in 28 x 28 by its centre of mass.
 * Returns u8 ink values [784], or undefined for an empty drawing.
 * Source: LeCun, Cortes and Burges, "The MNIST database".
 */
export function toMnist(drawing: HTMLCanvasElement): Uint8Array | undefined {
  const { width, height } = drawing;
  const ink = drawing.getContext("2d")?.getImageData(0, 0, width, height).data;
  if (ink === undefined) return undefined;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[4 * (y * width + x) + 3] ?? 0) < 16) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return undefined;
  const [w, h] = [right - left + 1, bottom - top + 1];
  const scale = BOX / Math.max(w, h);
  const draw = (x: number, y: number): Uint8Array => {
    const small = document.createElement("canvas");
    small.width = SIDE;
    small.height = SIDE;
    const context = small.getContext("2d", { willReadFrequently: true });
    if (context === null) return new Uint8Array(SIDE * SIDE);
    context.imageSmoothingQuality = "high";
    context.drawImage(drawing, left, top, w, h, x, y, w * scale, h * scale);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3] ?? 0);
  };
  const x = (SIDE - w * scale) / 2;
  const y = (SIDE - h * scale) / 2;
  const centred = draw(x, y);
  const mass = centred.reduce((sum, value) => sum + value, 0) || 1;
  const meanX = centred.reduce((sum, value, i) => sum + value * (i % SIDE), 0) / mass;
  const meanY = centred.reduce((sum, value, i) => sum + value * Math.floor(i / SIDE), 0) / mass;
  const middle = (SIDE - 1) / 2;
  return draw(x + Math.round(middle - meanX), y + Math.round(middle - meanY));
}
