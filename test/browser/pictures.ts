// What axe says of a page, and the pictures of the docs, which are written when TALLYD_PICTURES=1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string }[]
}

/** Those that axe calls serious or critical. */
export async function faults(page: Page): Promise<string[]> {
  // What is still fading in has not its colours yet.
  await page.evaluate(
    'Promise.all(document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished.catch(() => null)))',
  )
  await page.evaluate(AXE)
  const { violations } = (await page.evaluate('axe.run()')) as { violations: readonly Violation[] }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Writes a picture for the docs, if pictures are wanted. */
export function keepPicture(name: string, shot: Buffer): void {
  if (process.env['TALLYD_PICTURES'] !== '1') return
  const path = join(process.cwd(), 'docs', 'images', `${name}.png`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, shot)
}
