// Members and their tokens in the page: made, shown once, rotated, taken back.
import { browserTest, launched, served } from './browser.ts'

browserTest('a token is made, its secret shown once and gone with the tab', async (t, browser) => {
  const desk = await served(t)
  const { page, watch } = await launched(browser, desk)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('tab', { name: 'Tokens' }).click()
  await page.getByText('There are no members yet.').waitFor()
  await page.getByRole('button', { name: 'new token…' }).click()
  t.equal(await page.evaluate('document.activeElement.name'), 'newMember')
  await page.keyboard.type('anna')
  await page.getByLabel('label').fill('script')
  await page.getByRole('button', { name: 'make it' }).click()
  const secret = (await page.getByText(/^tallyd_[A-Za-z0-9_-]{43}$/).textContent()) ?? ''
  await page.getByRole('button', { name: 'copy' }).click()
  await page.getByText('copied').waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), secret)
  const works = await fetch(`${desk.origin}/rpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'usage.summary' }),
  })
  t.equal(works.status, 200)
  await page.getByRole('tab', { name: 'Audit' }).click()
  await page.getByRole('tab', { name: 'Tokens' }).click()
  await page.getByText('script', { exact: true }).waitFor()
  t.notMatch(await page.content(), secret, 'it is shown once')
  t.notOk(((await page.evaluate('JSON.stringify({ ...sessionStorage })')) as string).includes(secret))
  t.same(watch.complaints, [])
})

browserTest(
  'a member is renamed, rotated and removed; each asks once and names what ends',
  async (t, browser) => {
    const desk = await served(t)
    const make = (label: string) =>
      desk.device.call('tokens.create', { member: 'anna', scopes: ['usage:read'], label })
    await make('one')
    await make('two')
    const { page } = await launched(browser, desk)
    await page.getByRole('tab', { name: 'Tokens' }).click()
    await page.getByRole('button', { name: 'rename anna' }).click()
    await page.keyboard.type('berta')
    await page.keyboard.press('Enter')
    const member = page.getByRole('article', { name: 'berta' })
    await member.waitFor()

    await member.getByRole('button', { name: 'rotate the tokens of berta' }).click()
    await member.getByText('2 tokens end at once.').waitFor()
    await page.keyboard.press('Escape')
    t.equal((await desk.device.call('tokens.list')).tokens.length, 2, 'Escape keeps them')
    await member.getByRole('button', { name: 'rotate the tokens of berta' }).click()
    await member.getByRole('button', { name: 'rotate', exact: true }).click()
    await page.getByText(/^tallyd_[A-Za-z0-9_-]{43}$/).waitFor()
    t.equal((await desk.device.call('tokens.list')).tokens.length, 1)

    await member.getByRole('button', { name: 'remove berta' }).click()
    await member.getByText('1 token ends at once.').waitFor()
    await member.getByRole('button', { name: 'remove', exact: true }).click()
    await page.getByText('There are no members yet.').waitFor()
    t.same((await desk.device.call('members.list')).members, [])
  },
)

browserTest('the last token that manages the others is kept, unless asked for twice', async (t, browser) => {
  const desk = await served(t)
  await desk.device.call('tokens.create', { member: 'ci', scopes: ['admin'], label: 'boss' })
  const { page } = await launched(browser, desk)
  await page.getByRole('tab', { name: 'Tokens' }).click()
  await page.getByRole('button', { name: /^revoke boss/ }).click()
  await page.getByRole('button', { name: 'revoke', exact: true }).click()
  await page.getByText('that is the last token that may manage the others').waitFor()
  t.equal((await desk.device.call('tokens.list')).tokens.length, 1)
  await page.getByRole('button', { name: 'revoke it all the same' }).click()
  await page.getByText('No tokens.').waitFor()
})
