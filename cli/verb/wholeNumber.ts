import { InvalidArgumentError } from "commander";

/**
 * Parser of an option whose value is a whole number in [minimum, maximum], written in decimal digits.
 * The parser throws InvalidArgumentError, which commander turns into wrong usage.
 */
export function wholeNumber(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= minimum && value <= maximum) return value;
    const range = maximum === Number.MAX_SAFE_INTEGER ? `>= ${minimum}` : `in [${minimum}, ${maximum}]`;
    throw new InvalidArgumentError(`expected a whole number ${range}, got ${text}`);
  };
}
