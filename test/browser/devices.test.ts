// Devices and the audit log in the page.
import { browserTest, launched, pair, served } from './browser.ts'

browserTest(
  'devices with what they spent and how fresh that is; renamed and unpaired',
  async (t, browser) => {
    const desk = await served(t, 1)
    const laptop = desk.others[0]!
    await pair(desk, laptop, 'laptop')
    const { page, watch } = await launched(browser, desk)
    await page.getByRole('tab', { name: 'Devices' }).click()
    await page.getByRole('rowheader', { name: 'laptop' }).waitFor()
    await page.getByText('this device', { exact: true }).waitFor()
    const { total } = await desk.device.call('devices.list', { timeZone: 'UTC' })
    t.ok((total.all.costUSD ?? 0) > 0)
    const sum = page.getByRole('row', { name: /^total/ })
    await sum
      .getByText(`$${(total.all.costUSD ?? 0).toFixed(2)}`)
      .first()
      .waitFor()

    await page.getByRole('button', { name: 'rename laptop' }).click()
    await page.keyboard.type('attic')
    await page.keyboard.press('Enter')
    await page.getByRole('rowheader', { name: 'attic' }).waitFor()
    await laptop.end()
    await page.getByText(/^last seen/).waitFor()
    await page.getByText('if it runs: check the network and its firewall').waitFor()

    await page.getByRole('button', { name: 'unpair attic' }).click()
    await page.getByText("Neither sees the other's totals any more").waitFor()
    await page.getByRole('button', { name: 'unpair', exact: true }).click()
    await page.getByText('unpaired: attic').waitFor()
    await page.getByText(/^unpaired; last seen/).waitFor()
    t.same(watch.complaints, [])
  },
)

browserTest('the audit log grows while it is looked at, and is filtered by kind', async (t, browser) => {
  const desk = await served(t)
  const { page } = await launched(browser, desk)
  await page.getByRole('tab', { name: 'Audit' }).click()
  await page.getByText('a browser was let in').waitFor()
  await desk.device.call('members.add', { name: 'anna' })
  await page.getByText('a member was added').waitFor()
  const rows = page.locator('tbody tr')
  t.match(await rows.first().textContent(), /a member was added[\s\S]*anna/, 'newest first')
  await page.getByLabel('show').selectOption('launched')
  t.equal(await rows.count(), 1)
  t.match(await rows.first().textContent(), 'a browser was let in')
})
