// How a browser gets in: a launch once, nothing without one, links only in a tab that has a session; and what it says when
// the session or the daemon is gone.
import { until } from '../harness/daemon.ts'
import { begin, browserTest, enter, isLive, launched, served } from './browser.ts'

browserTest(
  'a launch lets in once, and leaves nothing behind but a session in the tab',
  async (t, browser) => {
    const desk = await served(t)
    const { launched: made } = await desk.device.call('web.launch')
    const secret = made.url.split('#launch=')[1] ?? ''
    t.match(secret, /^[A-Za-z0-9_-]{43}$/)
    const { context, tab } = await browser.context(desk.origin)
    const { page, watch } = await tab()
    await page.goto(made.url)
    await isLive(page)
    t.equal(page.url(), `${desk.origin}/`, 'the fragment is gone')
    t.match(await page.evaluate('Object.entries(sessionStorage)'), [['tallyd.session', /^tallyds_/]])
    t.same(await page.evaluate('[localStorage.length, document.cookie]'), [0, ''])
    t.same(await context.cookies(), [])
    t.notOk(watch.requested.some((url) => url.includes(secret) || url.includes('tallyds_')))
    await page.reload()
    await isLive(page)

    const second = await browser.tab(desk.origin)
    await second.page.goto(made.url)
    await second.page.getByText('this way in was used').waitFor()
    t.equal(second.page.url(), `${desk.origin}/`)
    await second.page.getByText('tallyctl web', { exact: true }).waitFor()
    t.same(await second.page.evaluate('sessionStorage.length'), 0)
    t.same(watch.foreign, [])
    t.same(watch.complaints, [])
  },
)

browserTest('without a session it says how to get in, and asks nothing', async (t, browser) => {
  const desk = await served(t)
  const { page, watch } = await browser.tab(desk.origin)
  await page.goto(`${desk.origin}/#tokens`)
  await page.getByRole('heading', { name: 'Nobody is signed in here' }).waitFor()
  await page.getByText('tallyctl web', { exact: true }).waitFor()
  await page.getByText('tallyctl approve CODE', { exact: true }).waitFor()
  t.notOk(watch.requested.some((url) => url.includes('/rpc')))
  t.same(watch.complaints, [])
})

browserTest('a link waits for a session, then shows its request, once', async (t, browser) => {
  const desk = await served(t)
  await begin(desk.origin, 'another one')
  const { complete } = await begin(desk.origin, 'kitchen display')
  const { tab } = await browser.context(desk.origin)
  const linked = await tab()
  await linked.page.goto(complete)
  await linked.page.getByRole('heading', { name: 'Something wants to enrol' }).waitFor()
  t.equal(linked.page.url(), `${desk.origin}/`, 'the link is kept out of the address')
  // A tab of the same browser gets a session: the link goes there.
  const { page } = await tab()
  await enter(page, desk.device)
  const card = page.getByRole('article', { name: 'claims to be “kitchen display”' })
  await card.getByText('This is the one that your link is about').waitFor()
  await card.getByLabel('the code on its screen').waitFor()
  await linked.page.getByRole('heading', { name: 'Opened in another tab' }).waitFor()
  t.equal(await page.getByText('This is the one that your link is about').count(), 1)

  const again = await tab()
  await again.page.goto(complete)
  await page.getByText('this link was used already').waitFor()
})

browserTest(
  'a daemon that is gone, and one that began anew, are said; what was shown stays',
  async (t, browser) => {
    const desk = await served(t)
    await desk.device.call('tokens.create', { member: 'anna', scopes: ['usage:read'], label: 'script' })
    const { page } = await launched(browser, desk)
    await page.getByRole('tab', { name: 'Tokens' }).click()
    await page.getByText('script', { exact: true }).waitFor()
    await desk.device.end('SIGKILL')
    await page.getByText('no answer from tallyd; what is shown is of').waitFor()
    await page.getByText('script', { exact: true }).waitFor()
    t.equal(await page.locator('#panel.stale').count(), 1)
    await desk.device.start()
    await page.getByText('This session has ended').waitFor()
    await page.getByText('script', { exact: true }).waitFor()
    t.equal(await page.evaluate('sessionStorage.length'), 0, 'its secret is gone')
    await until(
      async () => (await desk.device.call('daemon.status')).listeners.web.url === desk.origin,
      'the web listener is open again',
    )
    const { launched: made } = await desk.device.call('web.launch')
    await page.goto(made.url)
    await isLive(page)
    t.equal(page.url(), `${desk.origin}/`, 'a launch in the same tab')
    t.equal(await page.getByText('This session has ended').count(), 0)
  },
)
