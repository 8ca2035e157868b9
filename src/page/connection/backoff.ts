// How long to wait before the next try.

const FIRST_MS = 500
const LONGEST_MS = 15_000

/** Milliseconds before try number `tries` (from 0): doubled each time, and never at the same moment as every other page. */
export function waitBefore(tries: number, random: () => number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10))
  return Math.round(full * (0.5 + random() / 2))
}
