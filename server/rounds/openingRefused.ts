/** A round must not be opened now, for a reason that may pass: the data folder holds more than it may. */
export class OpeningRefused extends Error {
  override readonly name = "OpeningRefused";
}
