// Bars and sparklines out of block characters. A chart library for this would be longer than this.

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A bar of `share` (0 to 1) of `columns`, in eighths; what is more than nothing shows at least one eighth. */
export function bar(share: number, columns: number): string {
  if (!(share > 0) || columns < 1) return ''
  const eighths = Math.max(1, Math.round(Math.min(1, share) * columns * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

/** One column a value, relative to the largest; nothing where all are 0. */
export function sparkline(values: readonly number[]): string {
  const most = values.reduce((a, b) => Math.max(a, b), 0)
  if (most <= 0) return ''
  return values.map((value) => HEIGHTS[Math.min(7, Math.floor((value / most) * 8))] ?? '').join('')
}
