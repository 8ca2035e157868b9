// The colours of series as the stylesheet has them: seen against the ground, and told apart with every kind of colour vision.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COLOURS } from '../../../src/page/usage/stack.ts'

type Triple = readonly [number, number, number]

/** WCAG 2.2, 1.4.11: graphics against what is beside them. */
const LEAST_CONTRAST = 3
/** Distance in OKLab below which two colours begin to look alike. */
const LEAST_DISTANCE = 0.08
/** Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB. */
const VISIONS: Readonly<Record<string, readonly Triple[]>> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

const styles = ['usage', 'ground'].map((name) =>
  readFileSync(join(process.cwd(), 'src', 'page', 'style', `${name}.css`), 'utf8'),
)

/** Custom properties of `:root`, in light or in dark. */
function properties(mode: 'light' | 'dark'): Map<string, string> {
  const found = new Map<string, string>()
  for (const style of styles) {
    const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark)')
    const block = /:root\s*\{([^}]*)\}/.exec(mode === 'light' ? light : dark)?.[1] ?? ''
    for (const [, name = '', value = ''] of block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g))
      found.set(name, value)
  }
  return found
}

function linear(colour: string): Triple {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return [r!, g!, b!]
}

function contrast(one: string, other: string): number {
  const [low, high] = [one, other]
    .map((colour) => {
      const [r, g, b] = linear(colour)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    })
    .sort((a, b) => a - b)
  return high! / low!
}

function seenAs(colour: string, vision: readonly Triple[]): Triple {
  const from = linear(colour)
  const [r, g, b] = vision.map((weights) =>
    Math.min(
      1,
      Math.max(
        0,
        weights.reduce((sum, weight, at) => sum + weight * from[at]!, 0),
      ),
    ),
  )
  return oklab([r!, g!, b!])
}

/** https://bottosson.github.io/posts/oklab/ */
function oklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

for (const mode of ['light', 'dark'] as const) {
  t.test(`in ${mode}`, async (t) => {
    const found = properties(mode)
    const names = [...Array.from({ length: COLOURS }, (_, at) => `colour-${at}`), 'others']
    const colours = names.map((name) => [name, found.get(name) ?? ''] as const)
    t.equal(colours.filter(([, colour]) => colour === '').length, 0, 'every colour is there')
    for (const [name, colour] of colours) {
      for (const ground of ['ground', 'raised', 'sunken'].map((each) => found.get(each)!)) {
        const ratio = contrast(colour, ground)
        t.ok(
          ratio >= (ground === found.get('sunken') ? 2.7 : LEAST_CONTRAST),
          `${name} on ${ground}: ${ratio.toFixed(2)}`,
        )
      }
    }
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      for (const [at, [one, colour]] of colours.entries()) {
        for (const [other, second] of colours.slice(at + 1)) {
          const [x, y] = [seenAs(colour, matrix), seenAs(second, matrix)]
          const distance = Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2])
          t.ok(distance >= LEAST_DISTANCE, `${one} and ${other}, ${vision}: ${distance.toFixed(3)}`)
        }
      }
    }
  })
}
