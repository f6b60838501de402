/**
 * A peer's words as they may be shown: one line without control characters, which would let it write to a terminal
 * whatever it likes (colours, titles, the clipboard), of at most `maxChars` UTF-16 units.
 */
export function plainText(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replace(/\p{Cc}/gu, " ");
}
