// The usage tab against a household of six devices and 400 days: every view says what the daemon says, live, narrowed by pointer and by
// keyboard.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { money } from '../../src/contract/figures.ts'
import type { Summary, SummaryParams } from '../../src/contract/usage.ts'
import { tokensIn } from '../../src/page/usage/sums.ts'
import { amount } from '../../src/page/words/figures.ts'
import { temporaryFolder } from '../harness/daemon.ts'
import { browserTest, launched, type Served, served } from './browser.ts'
import { household, lineOf, spendNow, UNPRICED } from './household.ts'
import { faults } from './pictures.ts'

/** Of each page, to measure. */
const LOADS = 15
const RANGES = { day: 'today', week: 'week', month: 'month', all: 'all' } as const
const BARS = { day: 24, week: 7, month: null, all: null } as const

async function summary({ device }: Served, params: SummaryParams): Promise<Summary> {
  return device.call('usage.summary', { timeZone: 'UTC', ...params })
}

/** The large figure. */
function large(page: Page, text: string) {
  return page.locator('.large').getByText(text, { exact: true }).waitFor()
}

function choose(page: Page, name: string) {
  return page.locator('.switch').getByText(name, { exact: true }).click()
}

function bar(page: Page, at: number) {
  return page.locator('.bins button').nth(at)
}

browserTest('range, measure and stacking stay over a reload', async (t, browser) => {
  const desk = await household(t)
  const { page } = await launched(browser, desk)
  await page.getByRole('region', { name: 'usage' }).waitFor()
  for (const name of ['week', 'tokens', 'model']) await choose(page, name)
  const { total } = await summary(desk, { range: 'week' })
  await large(page, amount(tokensIn(total.tokens)))
  await page.reload()
  await large(page, amount(tokensIn(total.tokens)))
  for (const name of ['week', 'tokens', 'model'])
    t.ok(await page.getByRole('radio', { name, exact: true }).isChecked(), name)
})

browserTest('every range, measure and stacking says what the daemon says', async (t, browser) => {
  const desk = await household(t)
  const { page, watch } = await launched(browser, desk)
  await page.getByRole('region', { name: 'usage' }).waitFor()
  t.equal(await page.getByRole('tab', { name: 'Usage' }).getAttribute('aria-selected'), 'true')
  const asked = watch.requested.filter((url) => url.endsWith('/rpc') && url.startsWith('http'))
  t.equal(asked.length, 1, 'one request for everything that is shown')

  for (const [range, asks] of Object.entries(RANGES) as [
    keyof typeof RANGES,
    SummaryParams['range'] & string,
  ][]) {
    await choose(page, range)
    const { total, rows } = await summary(desk, { range: asks as 'all', by: ['device'] })
    await large(page, money(total.costUSD))
    await page
      .locator('.beside')
      .getByText(amount(tokensIn(total.tokens)), { exact: true })
      .waitFor()
    const bars = BARS[range]
    if (bars !== null) t.equal(await page.locator('.bins button').count(), bars, `bars of ${range}`)
    const legend = await page.locator('.legend').textContent()
    for (const { device = '', costUSD } of rows) {
      t.ok(legend?.includes(`${device}${money(costUSD)}`), `${device} in ${legend}`)
    }
    await choose(page, 'tokens')
    await large(page, amount(tokensIn(total.tokens)))
    await choose(page, 'spend')
  }
  for (const stack of ['agent', 'model'] as const) {
    await choose(page, stack)
    const { rows } = await summary(desk, { range: 'all', by: [stack] })
    for (const row of rows.slice(0, 6)) {
      await page
        .locator('.legend')
        .getByRole('rowheader', { name: row[stack] ?? '' })
        .waitFor()
    }
  }
  t.match(await page.locator('.legend').textContent(), /–total/, 'no price is no cost')

  const cards = page.getByRole('region', { name: 'devices' })
  t.equal(await cards.getByRole('button').count(), 6)
  await cards.getByText('this device').waitFor()
  await cards.getByText('live', { exact: true }).waitFor()
  await cards.getByText('2 h ago: its last 2 hours are missing').waitFor()
  const gaps = page.getByRole('list', { name: 'what is missing or counted twice' })
  await gaps.getByText('studio').waitFor()
  await gaps.getByText(UNPRICED).waitFor()
  await page.getByRole('region', { name: 'models' }).getByText(UNPRICED).waitFor()
  t.match(await page.getByRole('region', { name: 'cache' }).textContent(), /9\d\.\d % hits/)
  t.match(await page.getByRole('region', { name: 'tools' }).textContent(), /Bash/)
  t.same(watch.complaints, [])
})

browserTest('a call that is appended to a log is shown by itself', async (t, browser) => {
  const desk = await household(t)
  const { page, watch } = await launched(browser, desk)
  await choose(page, 'day')
  const { total } = await summary(desk, { range: 'today' })
  await large(page, money(total.costUSD))
  const loads = watch.requested.filter((url) => url === `${desk.origin}/`).length
  const took: number[] = []
  for (let call = 0; call < 5; call++) {
    const before = (await page.locator('.large').textContent()) ?? ''
    const began = performance.now()
    spendNow(desk, `live-${call}-0`)
    await page.locator('.large', { hasNotText: before }).waitFor()
    took.push(Math.round(performance.now() - began))
  }
  t.comment(`from the append to the figure in the page: ${took.join(', ')} ms`)
  const after = await summary(desk, { range: 'today' })
  t.equal(after.total.calls, total.calls + 5)
  await large(page, money(after.total.costUSD))
  t.equal(
    watch.requested.filter((url) => url === `${desk.origin}/`).length,
    loads,
    'nothing was loaded again',
  )
})

browserTest(
  'a click on a bar, a series, a device or a rank narrows, and widens again',
  async (t, browser) => {
    const desk = await household(t)
    const { page } = await launched(browser, desk)
    await choose(page, 'all')
    const all = await summary(desk, { range: 'all' })
    await large(page, money(all.total.costUSD))

    await bar(page, 30).hover()
    const title = (await page.locator('.legend caption').textContent()) ?? ''
    t.match(title, /^week from Mon /, 'the legend tells of the bar under the pointer')
    const told = await page.locator('.legend tfoot td').textContent()
    await bar(page, 30).click()
    await large(page, told ?? '')
    t.equal(await bar(page, 30).getAttribute('aria-pressed'), 'true')
    await page.getByRole('button', { name: 'show the whole time again' }).click()
    await large(page, money(all.total.costUSD))

    await page.locator('.legend').getByRole('button', { name: 'laptop' }).click()
    const laptop = await summary(desk, { range: 'all', devices: ['laptop'] })
    await large(page, money(laptop.total.costUSD))
    await page
      .getByRole('region', { name: 'models' })
      .getByRole('button', { name: 'claude-haiku-4-5' })
      .click()
    const haiku = await summary(desk, { range: 'all', devices: ['laptop'], models: ['claude-haiku-4-5'] })
    await large(page, money(haiku.total.costUSD))
    await page.getByText('Tool calls are not counted by model.').waitFor()
    t.ok(
      (await page.getByRole('region', { name: 'models' }).getByRole('button').count()) > 1,
      'the models that were not chosen are still there',
    )
    await page.getByRole('button', { name: 'show every model again' }).click()
    await large(page, money(laptop.total.costUSD))
    const card = page.getByRole('region', { name: 'devices' }).getByRole('button', { name: 'laptop' })
    t.equal(await card.getAttribute('aria-pressed'), 'true')
    await card.click()
    await large(page, money(all.total.costUSD))
  },
)

browserTest('budgets, and windows of accounts as they are observed', async (t, browser) => {
  const desk = await household(t)
  const { page } = await launched(browser, desk)
  await page.getByRole('region', { name: 'devices' }).waitFor()
  const budgets = page.getByRole('region', { name: 'budgets' })
  const { budgets: found } = await desk.device.call('budgets.list')
  for (const { period, spentUSD, limitUSD } of found) {
    await budgets.getByText(period === 'day' ? 'today' : `this ${period}`, { exact: true }).waitFor()
    await budgets.getByText(`${money(spentUSD)} of ${money(limitUSD)}`, { exact: true }).waitFor()
  }
  t.equal(found.length, 2)
  const quotas = page.getByRole('region', { name: 'quotas' })
  t.equal(await quotas.count(), 0, 'nothing where none is known')
  const tell = (usedPercent: number) =>
    desk.device.call('quotas.observe', {
      agent: 'claude-code',
      windows: [
        { windowSeconds: 18_000, usedPercent, resetAt: new Date(Date.now() + 3_600_000).toISOString() },
      ],
    })
  await tell(42)
  await quotas.getByText('claude-code 5 h').waitFor()
  await quotas.getByText('42 %', { exact: true }).waitFor()
  await tell(91.4)
  await quotas.getByText('91 %', { exact: true }).waitFor()
  t.match(await quotas.locator('.seen.warning').textContent(), /^resets \d{4}-\d\d-\d\d \d\d:\d\d, seen now$/)
  t.same(await faults(page), [])
})

browserTest('with the keyboard alone', async (t, browser) => {
  const desk = await household(t)
  const { page } = await launched(browser, desk)
  await page.locator('.large').waitFor()
  const focused = () =>
    page.evaluate("document.activeElement.value || document.activeElement.ariaLabel || ''")
  for (let stops = 0; stops < 3; stops++) await page.keyboard.press('Tab')
  t.equal(await focused(), 'month', 'skip, tabs, range')
  await page.keyboard.press('ArrowLeft')
  t.equal(await focused(), 'week')
  await page.locator('.legend caption').getByText('this week').waitFor()
  await page.keyboard.press('ArrowRight')
  await page.locator('.legend caption').getByText('this month').waitFor()
  for (let stops = 0; stops < 3; stops++) await page.keyboard.press('Tab')
  const last = String(await focused())
  t.match(last, /^\w+ \d+ \w+: \$/, 'measure, stack, and then the last bar with use')
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
  t.equal(outline, 'solid', 'where the focus is can be seen')
  await page.keyboard.press('Home')
  const first = String(await focused())
  t.match(first, /^\w+ 1 \w+: \$/)
  t.equal(await page.locator('.legend caption').textContent(), first.split(':')[0], 'the legend tells of it')
  await page.keyboard.press('Enter')
  await large(page, first.split(': ')[1] ?? '')
  await page.keyboard.press('Enter')
  const month = await summary(desk, { range: 'month' })
  await large(page, money(month.total.costUSD))
  await page.keyboard.press('Tab')
  t.equal(
    await page.evaluate("document.activeElement.closest('.legend') !== null"),
    true,
    'one stop for all bars',
  )
})

browserTest('where nothing was counted it says what to do, and fills itself', async (t, browser) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'projects', 'first'), { recursive: true })
  const desk = await served(t, 0, { CLAUDE_CONFIG_DIR: folder })
  const { page } = await launched(browser, desk)
  await page.getByText('Nothing was counted yet.').waitFor()
  await page.getByText('tallyctl invite', { exact: true }).waitFor()
  const line = lineOf({ at: Date.now() - 500, id: 'first-0-0', model: UNPRICED, size: 10, tool: 'Bash' })
  writeFileSync(join(folder, 'projects', 'first', 'first.jsonl'), line)
  await large(page, '–')
  await page.getByRole('list', { name: 'what is missing' }).getByText(UNPRICED).waitFor()
  t.match(await page.locator('.beside').textContent(), /calls1/)
})

browserTest('how fast it is there, beside a page of one word', async (t, browser) => {
  const desk = await household(t)
  const { page } = await launched(browser, desk)
  await page.locator('.large').waitFor()
  await page.addInitScript(`new MutationObserver((_, self) => {
    if (document.querySelector('.large') === null) return
    self.disconnect()
    requestAnimationFrame(() => { window.shownAt = performance.now() })
  }).observe(document, { childList: true, subtree: true })`)
  const word = await browser.context(desk.origin)
  const bare = (await word.tab()).page
  await bare.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<p>word</p>' }))
  const measured = {
    bare: [] as number[],
    paint: [] as number[],
    figures: [] as number[],
    answer: [] as number[],
  }
  for (let load = 0; load < LOADS; load++) {
    await bare.goto(desk.origin)
    measured.bare.push(await firstPaint(bare))
    await page.reload()
    await page.locator('.large').waitFor()
    measured.paint.push(await firstPaint(page))
    measured.figures.push(Number(await page.evaluate('window.shownAt')))
    const asked =
      "performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/rpc')).duration"
    measured.answer.push(Number(await page.evaluate(asked)))
  }
  for (const [what, values] of Object.entries(measured)) {
    const sorted = values.map(Math.round).sort((a, b) => a - b)
    t.comment(`${what}: median ${sorted[LOADS >> 1]} ms, slowest ${sorted.at(-1)} ms`)
  }
  t.ok(measured.figures.every((value) => value > 0))
})

/** Milliseconds from the beginning of a navigation until something of the page can be seen. */
async function firstPaint(page: Page): Promise<number> {
  const entry = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
  for (;;) {
    const at = await page.evaluate(entry)
    if (at !== null) return Number(at)
    await page.waitForTimeout(20)
  }
}
