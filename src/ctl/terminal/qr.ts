// A QR code on a terminal: two of its rows in a line, as half blocks. Light is drawn and dark is left out, on black where colours are
// allowed, so that it can be scanned off a light terminal too.
import type { Screen } from './screen.ts'
import { width } from './text.ts'

/** Light modules around it; ISO/IEC 18004 asks for four, and what reads screens is content with two. */
const BORDER = 2
const [WHITE_ON_BLACK, PLAIN] = ['\x1b[97;40m', '\x1b[0m']

/** Null where the terminal is too narrow. */
export async function qrLines(text: string, screen: Screen, columns: number): Promise<string[] | null> {
  const { encodeQR } = await import('qr')
  const lines = encodeQR(text, 'ascii', { border: BORDER, ecc: 'low' }).trimEnd().split('\n')
  if (Math.max(...lines.map(width)) > columns) return null
  return screen.hasColours ? lines.map((line) => `${WHITE_ON_BLACK}${line}${PLAIN}`) : lines
}
