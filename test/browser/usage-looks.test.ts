// How the usage tab looks: no serious fault that axe knows of, in light and dark, on a desk and on a phone; with very many devices, and with
// names that others chose to do harm.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../harness/daemon.ts'
import { browserTest, launched, served } from './browser.ts'
import { AWAY, type Away, household, lineOf } from './household.ts'
import { faults, keepPicture } from './pictures.ts'

const SIZES = { wide: { width: 1366, height: 720 }, phone: { width: 360, height: 740 } } as const
/** Bytes of a picture. */
const LARGEST = 150_000
const MARKUP = '<img src=x onerror=document.title=1>'
const HOSTILE = [
  MARKUP,
  'safe\u202Egnp.exe\u202C',
  'W'.repeat(64),
  '"><script>document.title=2</script>',
  '\u05d0\u05d1\u05d2 rtl',
  '{{constructor}} $& %s',
  '__proto__',
]
/** In the page: whether the chart is as wide as there is room. */
const FITS = "document.querySelector('.plot svg').clientWidth === document.querySelector('.plot').clientWidth"
const LONG = `m${'W'.repeat(199)}`

browserTest('light and dark, desk and phone', async (t, browser) => {
  const desk = await household(t)
  const { page } = await launched(browser, desk)
  await page.locator('.large').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport)
      await until(async () => (await page.evaluate(FITS)) === true, 'the chart has the width of its room')
      t.same(await faults(page), [], `${colorScheme}, ${size}`)
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width)
      const shot = await page.screenshot()
      t.ok(shot.length < LARGEST, `${shot.length} bytes`)
      keepPicture(`usage-${size}-${colorScheme}`, shot)
    }
  }
  await page.setViewportSize(SIZES.wide)
  await page.locator('.switch').getByText('model', { exact: true }).click()
  await page.locator('.bins button').first().click()
  await page.getByRole('button', { name: 'show the whole time again' }).waitFor()
  t.same(await faults(page), [], 'narrowed')
  t.equal(
    await page.evaluate("getComputedStyle(document.querySelector('.fresh')).animationName"),
    'none',
    'nothing moves where that is not wanted',
  )
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  t.not(await page.evaluate("getComputedStyle(document.querySelector('.fresh')).animationName"), 'none')
})

browserTest('forty devices: the largest are shown, the rest is one step away', async (t, browser) => {
  const many: Away[] = Array.from({ length: 38 }, (_, at) => ({
    ...AWAY[0]!,
    name: `box-${at}`,
    weight: 0.2 + at / 40,
  }))
  for (const at of [4, 5]) many[at] = { ...many[at]!, seed: 1, weight: 0.3 }
  const desk = await household(t, many)
  const { page } = await launched(browser, desk)
  const cards = page.getByRole('region', { name: 'devices' })
  await cards.getByRole('button', { name: '32 more' }).waitFor()
  t.equal(await cards.getByRole('listitem').count(), 8)
  await page.locator('.legend').getByText('33 others').waitFor()
  t.equal(await page.locator('.legend tbody tr').count(), 8, 'seven and the others')
  await cards.getByRole('button', { name: '32 more' }).click()
  t.equal(await cards.getByRole('listitem').count(), 40)
  await page.getByText(/box-[45] and box-[45] hold the same logs: \d+ buckets counted twice/).waitFor()
  t.same(await faults(page), [])
})

browserTest('names that others chose stay text, and move nothing', async (t, browser) => {
  const away = HOSTILE.map((name, at) => ({ ...AWAY[0]!, name, weight: 1 + at }))
  const desk = await household(t, away)
  const log = join(desk.device.home, '.claude', 'projects', 'odd', 'odd.jsonl')
  mkdirSync(join(log, '..'), { recursive: true })
  for (const [at, model] of [...HOSTILE, LONG].entries()) {
    appendFileSync(
      log,
      lineOf({ at: Date.now() - 900, id: `odd-${at}-0`, model, size: 90_000, tool: `${model.slice(0, 90)}` }),
    )
  }
  const { page } = await launched(browser, desk)
  await page.locator('.switch').getByText('tokens', { exact: true }).click()
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    for (const stack of ['device', 'model']) {
      await page.locator('.switch').getByText(stack, { exact: true }).click()
      await page
        .locator('.legend')
        .getByText(stack === 'device' ? 'W'.repeat(64) : MARKUP, { exact: true })
        .waitFor()
      await page.getByText(MARKUP).first().waitFor()
      const what = `${stack}, ${size}`
      t.same(await page.evaluate("document.querySelectorAll('#page img, #page script').length"), 0, what)
      t.notMatch(await page.evaluate('document.body.innerHTML'), /[\u202a-\u202e\u2066-\u2069]/, what)
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, what)
      t.same(await faults(page), [], what)
    }
  }
  t.notMatch(await page.title(), /^\d$/)
  const models = page.getByRole('region', { name: 'models' })
  await models.getByRole('button', { name: MARKUP }).click()
  await page.getByRole('button', { name: 'show every model again' }).waitFor()
  await page.locator('.switch').getByText('spend', { exact: true }).click()
  await page.locator('.large').getByText('–', { exact: true }).waitFor()
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), SIZES.phone.width)
})

browserTest('where nothing was counted', async (t, browser) => {
  const desk = await served(t, 0, { CLAUDE_CONFIG_DIR: '/nonexistent' })
  const { page } = await launched(browser, desk)
  await page.getByText('Nothing was counted yet.').waitFor()
  t.same(await faults(page), [])
})
