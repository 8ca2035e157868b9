// The scale of an axis: round steps, and as many labels as there is room for. Pure.

/** Steps of an axis are these times a power of ten. */
const ROUND = [1, 2, 2.5, 5, 10]

export interface Scale {
  /** The upper end; above 0. */
  readonly top: number
  /** From 0 to the top. */
  readonly ticks: readonly number[]
}

/** A scale that holds `largest`, with about `count` steps. What is not a number above 0 is held by a scale of 0 to 1. */
export function scaleFor(largest: number, count = 4): Scale {
  if (!(largest > 0) || !Number.isFinite(largest)) return { top: 1, ticks: [0] }
  const raw = largest / count
  const power = 10 ** Math.floor(Math.log10(raw))
  // 0.1 × 3 is not 0.3: a step that is short by an error of rounding is long enough.
  const step = (ROUND.find((round) => round * power >= raw * (1 - 1e-9)) ?? 10) * power
  const steps = Math.max(1, Math.ceil(largest / step - 1e-9))
  return { top: steps * step, ticks: Array.from({ length: steps + 1 }, (_, at) => at * step) }
}

/** Every how manieth label fits, where `room` pixels are there for `count` of them and each takes `needs`. */
export function everyNth(count: number, room: number, needs: number): number {
  const fit = Math.max(1, Math.floor(room / needs))
  return Math.max(1, Math.ceil(count / fit))
}
