import { SingleBar } from "cli-progress";

/** A bar on a terminal, that stays as the record of what it showed; nothing where the stream is none. */
export function progressBar(stream: NodeJS.WriteStream, format: string): SingleBar | undefined {
  if (!stream.isTTY) return undefined;
  return new SingleBar({
    format,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 24,
    hideCursor: true,
    stream,
    fps: 10,
    clearOnComplete: false,
    linewrap: false,
  });
}
