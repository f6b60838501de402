const wholeNumber = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 199,210 */
export function formatCount(value: number): string {
  return wholeNumber.format(value);
}

/** 95.9 %; two digits near the top, where a tenth hides the progress. */
export function formatPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(fraction >= 0.95 && fraction < 1 ? 2 : 1)} %`;
}

/** Three significant digits: 0.139, 2.31, 0.0412. */
export function formatLoss(loss: number): string {
  return loss >= 100 ? loss.toFixed(0) : loss.toPrecision(3);
}

/** 797 kB, 7.97 MB (powers of 1,000). */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const larger of ["kB", "MB", "GB", "TB"]) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return `${unit === "B" ? value : value.toPrecision(3)} ${unit}`;
}

/** 0.31 s, 4 s, 2 min 5 s, 3 h 20 min. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toPrecision(2)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Key or hash digits in groups of four, so that people can compare them: ab12 cd34 ef56 7890. */
export function formatFingerprint(hex: string): string {
  return hex.replace(/(.{4})(?=.)/g, "$1 ");
}

/** 14:03:27 in the reader's own time zone. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}
