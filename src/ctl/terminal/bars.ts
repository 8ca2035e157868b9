// Bars and sparklines out of block characters. A chart library for this would be longer than this.

export { sparkline } from '../../contract/figures.ts'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `share` (0 to 1) of `columns`, in eighths; what is more than nothing shows at least one eighth. */
export function bar(share: number, columns: number): string {
  if (!(share > 0) || columns < 1) return ''
  const eighths = Math.max(1, Math.round(Math.min(1, share) * columns * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
