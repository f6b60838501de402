/** Column titles and widths of the comparison, by field. */
const COLUMNS = {
  contender: ["", 44],
  microsecondsAStep: ["us a step", 11],
  samplesASecond: ["samples/s", 11],
  gigaflops: ["GFLOP/s", 9],
  percentOfPeak: ["% of peak", 11],
  timesStrict: ["x strict", 9],
  timesFast: ["x fast", 8],
  turns: ["turns", 6],
  stepsATurn: ["x steps", 8],
  startupMs: ["start ms", 9],
  lastLoss: ["loss", 10],
};

/** Prints rows under titles; a column that no row has a value for is left out. */
export function printTable(rows) {
  const fields = Object.keys(COLUMNS).filter((field) => rows.some((row) => row[field] !== undefined));
  const line = (cell) =>
    fields
      .map((field) => {
        const width = COLUMNS[field][1];
        return field === "contender" ? cell(field).padEnd(width) : cell(field).padStart(width);
      })
      .join("");
  console.log(`  ${line((field) => COLUMNS[field][0])}`);
  for (const row of rows) console.log(`  ${line((field) => String(row[field] ?? "-"))}`);
}
