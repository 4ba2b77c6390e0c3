/**
 * How long to wait before the next attempt, in milliseconds: doubled each time
 * up to a ceiling, and spread by chance so that the tabs of an office do not
 * come back in one instant.
 */
export function backoff(attempt: number, chance: number = Math.random(), first = 250, ceiling = 10_000): number {
  return Math.min(ceiling, first * 2 ** attempt) * (0.5 + chance / 2);
}
