/** What may stand between the cells of a row. */
const SEPARATORS = [",", ";", "\t", "|"] as const;
/** Of the text, for the first line: longer ones are judged by their beginning. */
const HEAD_CHARS = 65_536;

/**
 * The rows of comma-separated values, as text: quoted cells may hold separators, line ends and doubled quotes; lines end in LF, CRLF
 * or CR; rows of blank cells are left out. The separator is the one of comma, semicolon, tab and bar that the first line has most of.
 * Never fails: a quote that is not closed takes the rest of the text, and what follows a closing quote is part of the cell.
 * Source: RFC 4180, section 2.
 */
export function csvRows(text: string, maxRows: number): string[][] {
  const separator = separatorOf(text);
  const plain = new RegExp(`[^${separator}\r\n]*`, "y");
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length || row.length > 0) {
    const quoted = text[at] === '"' ? readQuoted(text, at) : { value: "", next: at };
    plain.lastIndex = quoted.next;
    const rest = plain.exec(text)![0]; // matches everywhere, nothing at the least
    row.push(quoted.value + rest);
    at = quoted.next + rest.length;
    const end = text[at++];
    if (end === separator) continue;
    if (end === "\r" && text[at] === "\n") at++;
    if (row.some((cell) => cell.trim() !== "")) rows.push(row);
    row = [];
    if (rows.length === maxRows) break;
  }
  return rows;
}

/** The cell whose opening quote is at `start`, and the place after its closing one. */
function readQuoted(text: string, start: number): { readonly value: string; readonly next: number } {
  let value = "";
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { value: value + text.slice(from), next: text.length };
    if (text[quote + 1] !== '"') return { value: value + text.slice(from, quote), next: quote + 1 };
    value += text.slice(from, quote + 1);
    from = quote + 2;
  }
}

function separatorOf(text: string): string {
  const unquoted = text.slice(0, HEAD_CHARS).replaceAll(/"[^"]*"/g, "");
  const firstLine = unquoted.split(/[\r\n]+/).find((line) => line !== "") ?? "";
  const count = (separator: string): number => firstLine.split(separator).length;
  return SEPARATORS.reduce<string>((best, next) => (count(next) > count(best) ? next : best), SEPARATORS[0]);
}
