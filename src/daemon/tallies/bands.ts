// Prompt bands: where one request's whole prompt fell on a grid that is the same for every model, so that
// money computed from sums stays exact although long prompts cost more.

/** Edges in tokens of the whole prompt; a prompt is past an edge when it is *greater than* it. */
export const BAND_EDGES = [128_000, 200_000, 271_999, 272_000, 512_000] as const

/** Index of the band, 0 to 5, of a prompt of `tokens` (input, cache reads and cache writes together). */
export function bandOf(tokens: number): number {
  let band = 0
  while (band < BAND_EDGES.length && tokens > BAND_EDGES[band]!) band++
  return band
}
