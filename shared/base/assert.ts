/** @throws TypeError with "label" unless the value is a whole number, RangeError if it lies outside [minimum, maximum]. */
export function assertInteger(
  label: string,
  value: number,
  minimum: number = Number.MIN_SAFE_INTEGER,
  maximum: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value)) throw new TypeError(`"${label}" expected a whole number, got ${value}`);
  if (value < minimum || value > maximum) {
    throw new RangeError(`"${label}" expected ${rangeText(minimum, maximum)}, got ${value}`);
  }
}

/** @throws TypeError with "label" unless the value is a whole number, RangeError if it is below 1. */
export function assertPositiveInteger(label: string, value: number): void {
  assertInteger(label, value, 1);
}

/** @throws TypeError with "label" if the value is NaN or infinite, RangeError if it lies outside [minimum, maximum]. */
export function assertFinite(
  label: string,
  value: number,
  minimum: number = -Number.MAX_VALUE,
  maximum: number = Number.MAX_VALUE,
): void {
  if (!Number.isFinite(value)) throw new TypeError(`"${label}" expected a finite number, got ${value}`);
  if (value < minimum || value > maximum) {
    throw new RangeError(`"${label}" expected ${rangeText(minimum, maximum)}, got ${value}`);
  }
}

/** Exhaustiveness check of a union: reached only if a case was forgotten. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case ${JSON.stringify(value)}`);
}

function rangeText(minimum: number, maximum: number): string {
  const below = minimum === Number.MIN_SAFE_INTEGER || minimum === -Number.MAX_VALUE;
  const above = maximum === Number.MAX_SAFE_INTEGER || maximum === Number.MAX_VALUE;
  if (below) return `<= ${maximum}`;
  return above ? `>= ${minimum}` : `a value in [${minimum}, ${maximum}]`;
}
