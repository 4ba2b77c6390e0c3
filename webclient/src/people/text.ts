/** The most bytes of UTF-8 that a message has. */
const textMax = 4096;

/** Whether a text is longer than a message may be. */
export function tooLong(text: string): boolean {
  return new TextEncoder().encode(text).length > textMax;
}
