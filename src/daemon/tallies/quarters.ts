// Quarter-hours of UTC, the grain of all history: zones exist at :30 and :45, so a day of any zone is made of
// whole quarters.

export const QUARTER_MS = 900_000

/** Index of the quarter-hour since the epoch that `ms` (Unix milliseconds) falls into. */
export function quarterOf(ms: number): number {
  return Math.floor(ms / QUARTER_MS)
}
