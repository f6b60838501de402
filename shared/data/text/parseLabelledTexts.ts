import { DataFormatError } from "../dataFormatError.ts";

/** Texts with one class each. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  /** Class id of each text. */
  readonly labels: Uint8Array;
  /** Name of each class, sorted ("ham" is 0, "spam" 1). */
  readonly classNames: readonly string[];
}

const MAX_CLASSES = 256;

/**
 * Reads lines `label<TAB>text`; a text may hold tabs and quotes, which mean nothing special. Empty lines are passed over.
 * @throws DataFormatError with the line if it has no tab or no label, for one class alone, or for more than 256.
 */
export function parseLabelledTexts(content: string): LabelledTexts {
  const names: string[] = [];
  const texts: string[] = [];
  for (const [at, line] of content
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const tab = line.indexOf("\t");
    if (tab < 1) {
      throw new DataFormatError(`labelled text line ${at + 1} expected label<TAB>text, got "${line.slice(0, 40)}"`);
    }
    names.push(line.slice(0, tab));
    texts.push(line.slice(tab + 1));
  }
  const classNames = [...new Set(names)].sort();
  if (classNames.length < 2 || classNames.length > MAX_CLASSES) {
    throw new DataFormatError(`labelled texts expected 2 to ${MAX_CLASSES} classes, got ${classNames.length}`);
  }
  const classOf = new Map(classNames.map((name, id) => [name, id]));
  return { texts, labels: Uint8Array.from(names, (name) => classOf.get(name) as number), classNames };
}
