/**
 * Bytes or text that are not the data file they were said to be. The fault lies in the file, not in the program:
 * a command answers it with exit code 2, a page shows the message beside the file.
 */
export class DataFormatError extends Error {
  override readonly name = "DataFormatError";
}
