// The usage tab against a household of six devices and 400 days.
import { browserTest, launched } from './browser.ts'
import { household } from './household.ts'

browserTest('probe', async (t, browser) => {
  const desk = await household(t)
  const { page, watch } = await launched(browser, desk)
  for (const [size, viewport] of Object.entries({
    wide: { width: 1366, height: 700 },
    desk: { width: 1000, height: 700 },
    phone: { width: 360, height: 740 },
  })) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize(viewport)
      await page.getByRole('region', { name: 'usage' }).waitFor()
      await page.screenshot({
        path: `/tmp/usage-shots/${size}-${colorScheme}.png`,
        fullPage: size === 'phone',
      })
    }
  }
  await page.setViewportSize({ width: 1366, height: 700 })
  for (const range of ['day', 'week', 'all']) {
    await page.getByText(range, { exact: true }).click()
    await page.waitForTimeout(400)
    await page.screenshot({ path: `/tmp/usage-shots/range-${range}.png` })
  }
  await page.getByText('month', { exact: true }).click()
  await page.waitForTimeout(400)
  await page.locator('.bins button').nth(15).hover()
  await page.screenshot({ path: `/tmp/usage-shots/hover.png` })
  await page.locator('.bins button').nth(15).click()
  await page
    .getByRole('region', { name: 'devices' })
    .getByRole('button', { name: /^laptop/ })
    .click()
  await page.getByText('model', { exact: true }).click()
  await page.waitForTimeout(400)
  await page.screenshot({ path: `/tmp/usage-shots/filtered.png`, fullPage: true })
  t.same(watch.complaints, [])
})
