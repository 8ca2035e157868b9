// Names from others are text in the page, whatever they hold; nothing of them runs, loads, or moves what stands beside them.
import { begin, browserTest, launched, served } from './browser.ts'

const MARKUP = '<img src=x onerror=document.title=1>'
const TURNED = '\u202Egnp.exe\u202C'
const LONG = 'W'.repeat(64)
const SCRIPT = '"><script>document.title=2</script>'

browserTest('hostile names', async (t, browser) => {
  const desk = await served(t)
  for (const name of [MARKUP, `safe${TURNED}`, LONG, SCRIPT]) {
    await begin(desk.origin, name)
    await desk.device
      .call('tokens.create', {
        member: name.replaceAll(/[\u202a-\u202e]/g, ''),
        scopes: ['usage:read'],
        label: name,
      })
      .catch(() => undefined)
  }
  const { page, watch } = await launched(browser, desk, 'requests')
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('article', { name: `claims to be “${MARKUP}”` }).waitFor()
  for (const tab of ['Usage', 'Requests', 'Tokens', 'Devices', 'Audit']) {
    await page.getByRole('tab', { name: tab }).click()
    if (tab !== 'Devices' && tab !== 'Usage') await page.getByText(MARKUP).first().waitFor()
    t.same(await page.evaluate("document.querySelectorAll('#page img, #page script').length"), 0, tab)
    t.notMatch(await page.evaluate('document.body.innerText'), /[\u202a-\u202e\u2066-\u2069]/, tab)
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, `${tab} fits its width`)
    t.notMatch(await page.title(), /^\d$/)
  }
  // Whatever the daemon lets through: the page holds its own line.
  await page.getByRole('tab', { name: 'Requests' }).click()
  await page.getByRole('article', { name: 'claims to be' }).first().waitFor()
  t.same(watch.foreign, [])
  t.same(watch.complaints, [])
})

browserTest('what the policy forbids is noticed by these tests', async (t, browser) => {
  const desk = await served(t)
  const { page, watch } = await launched(browser, desk)
  await page.evaluate(
    "document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.invalid/x.png' }))",
  )
  await page.evaluate(
    "document.head.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))",
  )
  await page.waitForFunction('true')
  t.ok(watch.complaints.some((said) => said.includes('img-src')))
  t.ok(watch.complaints.some((said) => said.includes('style-src')))
  t.match(watch.foreign, [/elsewhere/])
  // That was meant; else it would fail this test, as it would every other one.
  watch.complaints.length = 0
  watch.foreign.length = 0
})
