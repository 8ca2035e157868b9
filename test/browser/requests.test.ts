// What waits for the owner's yes, in the page: it comes by itself, is approved by its code, and becomes a token that can be
// taken back.
import { begin, browserTest, launched, poll, served } from './browser.ts'

browserTest('an enrolment is approved, redeemed, and revoked', async (t, browser) => {
  const desk = await served(t)
  const { deviceCode, userCode } = await begin(desk.origin, 'kitchen display', 'dashboard:read usage:read')
  const { page, watch } = await launched(browser, desk, 'requests')
  const card = page.getByRole('article', { name: 'claims to be “kitchen display”' })
  await card.waitFor()
  t.match(await card.textContent(), /127\.0\.0\.1/)
  t.match(await card.textContent(), /see the snapshot that displays show/)
  t.notMatch(await page.content(), userCode, 'the code is read off the other screen')

  await card.getByLabel('the code on its screen').fill('BBBB-BBBB')
  await card.getByRole('button', { name: 'approve' }).click()
  await card.getByText('no enrolment has that code').waitFor()
  await card.getByText('read it off the screen of the client again').waitFor()

  await card.getByLabel('the code on its screen').fill(userCode.toLowerCase().replace('-', ' '))
  t.equal(await card.getByLabel('name of the new member').inputValue(), 'kitchen display')
  t.ok(await card.getByLabel('see the totals of every device').isChecked())
  await card.getByLabel('see the totals of every device').uncheck()
  await card.getByLabel('label').fill('on the fridge')
  await card.getByLabel('expires').selectOption({ label: 'in 30 days' })
  await card.getByRole('button', { name: 'approve' }).click()
  await page.getByText('approved: kitchen display').waitFor()
  await page.getByText('Nothing waits.').waitFor()

  const token = await poll(desk.origin, deviceCode)
  t.match(token, { access_token: /^tallyd_/, scope: 'dashboard:read' })
  await page.getByRole('tab', { name: 'Tokens' }).click()
  const member = page.getByRole('article', { name: 'kitchen display' })
  await member.getByText('on the fridge').waitFor()
  t.match(await member.textContent(), /enrolled .*, by launch/)

  await member.getByRole('button', { name: /^revoke on the fridge/ }).click()
  await member.getByText('Whatever uses it is cut off at once.').waitFor()
  t.equal(await page.evaluate('document.activeElement.textContent'), 'keep')
  await member.getByRole('button', { name: 'revoke', exact: true }).click()
  await member.getByText('No tokens.').waitFor()
  t.same((await desk.device.call('tokens.list')).tokens, [])
  t.same(watch.foreign, [])
  t.same(watch.complaints, [])
})

browserTest('a request appears by itself, in the badge and the title, and is denied', async (t, browser) => {
  const desk = await served(t)
  const { page, watch } = await launched(browser, desk, 'requests')
  await page.getByText('Nothing waits.').waitFor()
  t.equal(await page.title(), 'requests · desk · tallyd')
  const visits = watch.requested.filter((url) => url === `${desk.origin}/`).length
  await page.getByRole('tab', { name: 'Audit' }).click()
  await begin(desk.origin, 'hall display')
  const { deviceCode } = await begin(desk.origin, 'kitchen display')
  await page.getByRole('tab', { name: 'Requests 2 waiting' }).waitFor()
  t.equal(await page.title(), '(2) audit · desk · tallyd')
  await page.getByText('a client asked for a token').first().waitFor()
  await page.getByRole('tab', { name: 'Requests' }).click()
  const card = page.getByRole('article', { name: 'claims to be “kitchen display”' })
  await card.getByRole('button', { name: 'deny' }).click()
  await page.getByText('denied: kitchen display').waitFor()
  await card.waitFor({ state: 'detached' })
  t.match(await poll(desk.origin, deviceCode), { error: 'access_denied' })
  t.equal(
    watch.requested.filter((url) => url === `${desk.origin}/`).length,
    visits,
    'nothing was loaded again',
  )
})

browserTest('with the keyboard alone', async (t, browser) => {
  const desk = await served(t)
  const { deviceCode, userCode } = await begin(desk.origin, 'kitchen display')
  const { page } = await launched(browser, desk, 'requests')
  await page.getByRole('article').waitFor()
  const focused = () => page.evaluate('document.activeElement.textContent || document.activeElement.name')
  await page.keyboard.press('Tab')
  t.equal(await focused(), 'skip to the content')
  await page.keyboard.press('Tab')
  t.match(await focused(), /^Requests/)
  for (const [key, tab] of [
    ['ArrowRight', 'Tokens'],
    ['End', 'Audit'],
    ['ArrowRight', 'Usage'],
    ['ArrowLeft', 'Audit'],
    ['Home', 'Usage'],
    ['ArrowRight', 'Requests'],
  ] as const) {
    await page.keyboard.press(key)
    t.match(await focused(), new RegExp(`^${tab}`), key)
    t.equal(await page.getByRole('tab', { name: tab }).getAttribute('aria-selected'), 'true')
  }
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
  t.equal(outline, 'solid', 'where the focus is can be seen')
  await page.keyboard.press('Tab')
  t.equal(await focused(), 'code', 'one stop for all tabs')
  await page.keyboard.type(userCode)
  await page.keyboard.press('Enter')
  await page.getByText('approved: kitchen display').waitFor()
  t.match(await poll(desk.origin, deviceCode), { access_token: /^tallyd_/ })
})

browserTest('two devices compare: the number is shown, yes never has the focus', async (t, browser) => {
  const desk = await served(t, 1)
  const [laptop] = desk.others
  const { page } = await launched(browser, desk, 'requests')
  await desk.device.call('sharing.set', { mode: 'always' })
  const { comparing } = await laptop!.call('pairing.compare', { address: desk.device.address })
  const digits = comparing.digits ?? ''
  const card = page.getByRole('article', { name: 'wants to pair' })
  await card.getByText(`${digits.slice(0, 3)} ${digits.slice(3)}`).waitFor()
  await card.getByText("Each would see the other's totals.").waitFor()
  t.equal(await page.evaluate('document.activeElement.tagName'), 'BODY', 'nothing has the focus')
  const buttons = await card.getByRole('button').allInnerTexts()
  t.same(buttons, ['no, end it', 'yes, it is the same'])
  await card.getByRole('button', { name: 'yes, it is the same' }).click()
  await card.getByText('Waiting for the other side').waitFor()
  await laptop!.call('requests.approve', { digits })
  await page.getByText('paired with laptop').waitFor()
  await page.getByRole('tab', { name: 'Devices' }).click()
  await page.getByRole('rowheader', { name: 'laptop' }).waitFor()
})

browserTest('no ends a comparison', async (t, browser) => {
  const desk = await served(t, 1)
  const [laptop] = desk.others
  const { page } = await launched(browser, desk, 'requests')
  await desk.device.call('sharing.set', { mode: 'always' })
  await laptop!.call('pairing.compare', { address: desk.device.address })
  await page.getByRole('button', { name: 'no, end it' }).click()
  await page.getByText('is kept away for 10 minutes').waitFor()
  await page.getByText('Nothing waits.').waitFor()
  t.same((await desk.device.call('requests.list')).requests, [])
})
