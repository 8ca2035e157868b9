// Where a device has more rows than an answer may hold: the quarter before which they are left out.

/** Where there are more buckets than an answer holds, this share of the bound stays: the oldest leave seldom, not one by one. */
const KEPT_SHARE = 0.9

/** Rows with their quarter, and whether they count anything. */
export interface Dated {
  readonly of: { readonly quarter: Uint32Array; readonly calls: Uint32Array }
  readonly length: number
}

/** The quarter from which on at most `cap` rows are left; `floor` as long as there are no more. */
export function floorOf({ of, length }: Dated, floor: number, cap: number): number {
  if (length <= cap) return floor
  const quarters = of.quarter
    .slice(0, length)
    .filter((quarter, row) => of.calls[row]! > 0 && quarter >= floor)
  if (quarters.length <= cap) return floor
  quarters.sort()
  return quarters[quarters.length - Math.floor(cap * KEPT_SHARE)]! + 1
}
