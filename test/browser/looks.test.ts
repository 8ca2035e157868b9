// How the page looks: no serious fault that axe knows of on any tab, in light and dark, on a desk and on a phone; and the
// pictures of the docs, written when TALLYD_PICTURES=1.
import { begin, browserTest, launched, pair, served } from './browser.ts'
import { faults, keepPicture } from './pictures.ts'

const TABS = ['Usage', 'Requests', 'Tokens', 'Devices', 'Audit'] as const
/** Those that the docs show. */
const PICTURED: readonly string[] = ['Requests', 'Tokens']
const SIZES = { desk: { width: 1000, height: 700 }, phone: { width: 360, height: 740 } } as const
/** Bytes of a picture. */
const LARGEST = 150_000

browserTest('every tab, light and dark, desk and phone', async (t, browser) => {
  const desk = await served(t, 2)
  const [laptop, studio] = desk.others
  await pair(desk, laptop!, 'laptop')
  await pair(desk, studio!, 'studio')
  await studio!.end()
  const make = (member: string, label: string, ...scopes: string[]) =>
    desk.device.call('tokens.create', { member, label, scopes })
  await make('anna', 'backup script', 'usage:read')
  await make('anna', 'laptop prompt', 'usage:read', 'dashboard:read')
  await make('prometheus', 'scraper', 'metrics:read')
  await begin(desk.origin, 'kitchen display')
  const { page, watch } = await launched(browser, desk, 'requests')
  await page.getByRole('article', { name: 'kitchen display' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport)
      for (const tab of TABS) {
        await page.getByRole('tab', { name: tab }).click()
        await page.getByRole('tabpanel', { name: tab }).getByRole('region', { name: tab }).waitFor()
        t.same(await faults(page), [], `${tab}, ${colorScheme}, ${size}`)
        t.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width)
        const shot = await page.screenshot()
        t.ok(shot.length < LARGEST, `${shot.length} bytes`)
        if (PICTURED.includes(tab)) keepPicture(`${tab.toLowerCase()}-${size}-${colorScheme}`, shot)
      }
    }
  }
  t.same(watch.foreign, [])
})

browserTest('what asks, fails or lets nobody in has no fault either', async (t, browser) => {
  const desk = await served(t)
  const stranger = await browser.tab(desk.origin)
  await stranger.page.goto(`${desk.origin}/#launch=${'x'.repeat(43)}`)
  await stranger.page.getByText('this way in was used').waitFor()
  t.same(await faults(stranger.page), [])
  await desk.device.call('tokens.create', { member: 'anna', label: 'script', scopes: ['admin'] })
  const { page } = await launched(browser, desk)
  t.same(await faults(page), [], 'nothing waits')
  await page.getByRole('tab', { name: 'Tokens' }).click()
  await page.getByRole('button', { name: /^revoke script/ }).click()
  await page.getByRole('button', { name: 'revoke', exact: true }).click()
  await page.getByText('that is the last token').waitFor()
  t.same(await faults(page), [], 'asking once, with an error')
  await page.getByRole('button', { name: 'keep' }).click()
  await page.getByRole('button', { name: 'new token…' }).click()
  await page.getByLabel('name of the new member').fill('berta')
  t.same(await faults(page), [], 'the form')
  await page.getByRole('button', { name: 'make it' }).click()
  await page.getByText('It is shown this once').waitFor()
  t.same(await faults(page), [], 'a secret')
  await desk.device.end('SIGKILL')
  await page.getByText('no answer from tallyd').waitFor()
  t.same(await faults(page), [], 'no answer')
})
