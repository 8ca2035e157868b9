// How a stretch of time is said where it need not be exact.

/** `40 s`, `5 min`, `3 h`, `12 days`; `ms` is not negative. */
export function spanInWords(ms: number): string {
  const minutes = ms / 60_000
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  if (minutes < 120) return `${Math.round(minutes)} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}
