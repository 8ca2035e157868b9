// A real Chromium, Debian's, without a window: tabs that watch what leaves them and what their policy refuses.
import { existsSync } from 'node:fs'
import { type BrowserContextOptions, type Browser as Chromium, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { Config } from '../../src/contract/config.ts'
import { until } from '../harness/daemon.ts'
import { type Device, devices, freePort, joinByCode } from '../harness/devices.ts'

const PATH = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** How long a page may take for one thing on a busy computer, in milliseconds. */
const PATIENCE_MS = 60_000
/** From outside it is not asked for by the page: Chromium's own pages and inline data. */
const OWN_SCHEMES = /^(?:data|blob|about|chrome|chrome-error):/

t.setTimeout(300_000)

/** A test that runs only where it was asked for; elsewhere it says why it does not. */
export function browserTest(name: string, run: (t: Test, browser: Browser) => Promise<unknown>) {
  const skip =
    process.env['TALLYD_BROWSER'] === '1' ? {} : { skip: 'needs Chromium: run npm run test:browser' }
  return t.test(name, skip, async (t) => {
    if (!existsSync(PATH)) throw new Error(`${PATH} is not there: install Debian's chromium, or set CHROMIUM`)
    const chromium = await launch()
    t.teardown(() => chromium.close())
    const browser = new Browser(t, chromium)
    await run(t, browser)
    const { foreign, complaints } = browser.watched
    t.same(foreign, [], 'nothing was asked of another origin')
    t.same(complaints.filter(isRefusal), [], 'nothing was refused by the policy, and no script failed')
  })
}

/** Playwright gives each launch a fresh profile, and removes it. */
function launch(): Promise<Chromium> {
  return chromium.launch({ executablePath: PATH, headless: true, args: FLAGS, timeout: PATIENCE_MS })
}

/** The console also tells of every HTTP error and every connection that failed; some tests are about those. */
function isRefusal(complaint: string): boolean {
  return /Content Security Policy|^\w*Error/.test(complaint)
}

/** What happened in a tab that should not. */
export interface Watch {
  /** Everything that was requested of another origin than the page's. */
  readonly foreign: string[]
  /** Every request's URL. */
  readonly requested: string[]
  /** What the console was told of errors, refusals by the policy among them. */
  readonly complaints: string[]
}

export interface Tab {
  readonly page: Page
  readonly watch: Watch
}

export class Browser {
  readonly #t: Test
  readonly #chromium: Chromium
  readonly #watches: Watch[] = []

  constructor(t: Test, chromium: Chromium) {
    this.#t = t
    this.#chromium = chromium
  }

  /** Of all tabs so far. */
  get watched(): Watch {
    const all = (of: keyof Watch) => this.#watches.flatMap((watch) => watch[of])
    return { foreign: all('foreign'), requested: all('requested'), complaints: all('complaints') }
  }

  /** Another person's browser, which shares nothing with other contexts. */
  async context(origin: string, options: BrowserContextOptions = {}) {
    const context = await this.#chromium.newContext({ viewport: { width: 1000, height: 760 }, ...options })
    context.setDefaultTimeout(PATIENCE_MS)
    this.#t.teardown(() => context.close())
    const tab = async () => {
      const opened = watched(await context.newPage(), origin)
      this.#watches.push(opened.watch)
      return opened
    }
    return { context, tab }
  }

  async tab(origin: string, options: BrowserContextOptions = {}): Promise<Tab> {
    return (await this.context(origin, options)).tab()
  }
}

function watched(page: Page, origin: string): Tab {
  const watch: Watch = { foreign: [], requested: [], complaints: [] }
  page.on('request', (request) => {
    watch.requested.push(request.url())
    if (!OWN_SCHEMES.test(request.url()) && new URL(request.url()).origin !== origin) {
      watch.foreign.push(request.url())
    }
  })
  page.on('websocket', (socket) => {
    watch.requested.push(socket.url())
    if (new URL(socket.url()).host !== new URL(origin).host) watch.foreign.push(socket.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') watch.complaints.push(message.text())
  })
  page.on('pageerror', (error) => watch.complaints.push(String(error)))
  return { page, watch }
}

export interface Served {
  readonly device: Device
  readonly others: readonly Device[]
  /** Of its web listener. */
  readonly origin: string
}

/** A device called `desk` whose web listener is open, and `more` others without one. */
export async function served(t: Test, more = 0, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const port = await freePort()
  const names = ['desk', 'laptop', 'studio']
  const config = (at: number): Config => ({
    device: { name: names[at] ?? `device-${at}` },
    web: at === 0 ? { port } : { mode: 'off' },
    ...(at === 0 ? { budgets: { daily: 25, monthly: 400 } } : {}),
  })
  const [device, ...others] = await devices(t, 1 + more, { config, env })
  const url = async () => (await device!.call('daemon.status')).listeners.web.url
  await until(async () => (await url()) !== null, 'the web listener is open')
  return { device: device!, others, origin: (await url())! }
}

/** Pairs `desk` with the other device that its config calls `name`; resolves when its numbers are live. */
export async function pair({ device }: Served, other: Device, name: string): Promise<void> {
  await joinByCode(other, device)
  const rows = async () => (await device.call('devices.list', { timeZone: 'UTC' })).devices
  await until(
    async () => (await rows()).some((row) => row.name === name && row.freshness === 'live'),
    `${name} is live`,
  )
}

/** Opens the page as `tallyctl web` does, and waits until it is live; `hash` names a tab other than the first. */
export async function launched(
  browser: Browser,
  { device, origin }: Served,
  hash: 'requests' | '' = '',
): Promise<Tab> {
  const tab = await browser.tab(origin)
  await enter(tab.page, device)
  if (hash !== '') await tab.page.evaluate(`location.hash = '${hash}'`)
  return tab
}

export async function enter(page: Page, device: Device): Promise<void> {
  const made = await device.call('web.launch')
  await page.goto(made.launched.url)
  await isLive(page)
}

export async function isLive(page: Page): Promise<void> {
  await page.getByRole('status').getByText('live', { exact: true }).waitFor()
}

export interface Begun {
  readonly deviceCode: string
  readonly userCode: string
  readonly complete: string
}

/** A client begins to enrol, as RFC 8628 §3.1 has it. */
export async function begin(origin: string, label: string, scope = 'dashboard:read'): Promise<Begun> {
  const answer = await form(origin, '/oauth/device_authorization', { client_id: 'tallyctl', scope, label })
  return {
    deviceCode: String(answer['device_code']),
    userCode: String(answer['user_code']),
    complete: String(answer['verification_uri_complete']),
  }
}

/** One poll, RFC 8628 §3.4. */
export function poll(origin: string, deviceCode: string): Promise<Record<string, unknown>> {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code'
  return form(origin, '/oauth/token', { client_id: 'tallyctl', grant_type: grant, device_code: deviceCode })
}

async function form(origin: string, path: string, fields: Record<string, string>) {
  const answer = await fetch(`${origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) })
  return (await answer.json()) as Record<string, unknown>
}
