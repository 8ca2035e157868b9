// A real daemon and a notify-send that writes down what it was given: a crossing is told once, also over a restart.
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { BudgetList } from '../../../src/contract/budgets.ts'
import { daemon, type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'
import { webSocket } from '../../harness/web-socket.ts'

const LOG = '.claude/projects/-home-a-project/0f2c.jsonl'

/** A home whose model costs a dollar a token of output; `PATH` has the fake notify-send alone. */
async function home(t: Teardown, config: Record<string, unknown>) {
  const folder = temporaryFolder(t)
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  mkdirSync(join(folder, LOG, '..'), { recursive: true })
  const prices = { dear: { input: 0, output: 1_000_000 } }
  const web = { port: await freePort() }
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ prices, web, ...config }))
  const record = join(folder, 'record')
  let calls = 0
  return {
    folder,
    env: { PATH: programs },
    install(program: string) {
      const path = join(programs, program)
      // One argument a line, an empty line after the last.
      writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" '' >> '${record}'\n`)
      chmodSync(path, 0o755)
    },
    spend(dollars: number) {
      appendFileSync(join(folder, LOG), `${JSON.stringify(call(++calls, dollars))}\n`)
    },
    /** The arguments of each run, in order. */
    shown(): string[][] {
      if (!existsSync(record)) return []
      const runs = readFileSync(record, 'utf8').split('\n\n')
      return runs.filter((run) => run !== '').map((run) => run.split('\n'))
    },
  }
}

function call(number: number, tokens: number) {
  return {
    type: 'assistant',
    timestamp: new Date().toISOString(),
    sessionId: '0f2c',
    requestId: `req_${number}`,
    message: {
      id: `msg_${number}`,
      role: 'assistant',
      model: 'dear',
      content: [],
      usage: { input_tokens: 0, output_tokens: tokens },
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const OPTIONS = ['--app-name=tallyd', '--urgency=critical', '--']
const isLinux = process.platform === 'linux'

t.test('a crossing is told exactly once, and not again after a restart', { skip: !isLinux }, async (t) => {
  const at = await home(t, { budgets: { daily: 10, weekly: 11 }, alerts: { desktop: true } })
  at.install('notify-send')
  const first = await daemon(t, { home: at.folder, env: at.env })
  t.match(await first.call('budgets.list'), {
    budgets: [
      { period: 'day', limitUSD: 10, spentUSD: 0, state: 'ok', crossed: [] },
      { period: 'week', limitUSD: 11 },
    ],
    missing: [],
  })
  at.spend(7)
  at.spend(1)
  await until(() => at.shown().length > 0, 'it is told')
  const daily = [...OPTIONS, 'tallyd: 80 % of the daily budget is used', '$8.00 of $10.00 today']
  t.strictSame(at.shown(), [daily])
  t.strictSame((await first.call('views.glance', {})).budgets, [
    { period: 'day', limitUSD: 10, spentUSD: 8, state: 'near' },
    { period: 'week', limitUSD: 11, spentUSD: 8, state: 'ok' },
  ])
  const { budgets } = await first.call('budgets.list')
  t.match(budgets, [
    { state: 'near', percent: 80, spentUSD: 8, crossed: [{ percent: 80, at: String }] },
    { state: 'ok', crossed: [] },
  ])
  t.equal(statSync(join(at.folder, 'alerts.json')).mode & 0o777, 0o600)
  await first.stop()

  const second = await daemon(t, { home: at.folder, env: at.env })
  // What the next look tells is of the week alone: of the day was told before.
  at.spend(1)
  await until(() => at.shown().length > 1, 'the week is told')
  const weekly = [...OPTIONS, 'tallyd: 80 % of the weekly budget is used', '$9.00 of $11.00 this week']
  t.strictSame(at.shown(), [daily, weekly])
  t.strictSame((await second.call('budgets.list')).budgets[0]?.crossed, budgets[0]?.crossed)
  at.spend(1)
  await until(() => at.shown().length > 2, 'the day is used up')
  t.strictSame(at.shown().at(-1)?.slice(3), ['tallyd: the daily budget is used up', '$10.00 of $10.00 today'])
})

t.test(
  'what waits is told with a hostile name made safe, and without its code',
  { skip: !isLinux },
  async (t) => {
    const at = await home(t, { alerts: { desktop: true } })
    at.install('notify-send')
    const running = await daemon(t, { home: at.folder, env: at.env })
    await until(
      async () => (await running.call('daemon.status')).listeners.web.url !== null,
      'the web is open',
    )
    const { url } = (await running.call('daemon.status')).listeners.web
    const label = '--help <b>$(id)</b>\\n`id`; "display"'
    const answer = await fetch(`${url}/oauth/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'tallyctl', label, scope: 'usage:read' }),
    })
    const { user_code: code } = (await answer.json()) as { user_code: string }
    t.equal(answer.status, 200)
    await until(() => at.shown().length > 0, 'it is told')
    t.strictSame(at.shown(), [
      [
        '--app-name=tallyd',
        '--urgency=normal',
        '--',
        'tallyd: a request waits',
        'claims to be "--help ‹b›$(id)‹/b›＼n`id`; \'display\'" at 127.0.0.1, wants usage:read; see: tallyctl requests',
      ],
    ])
    t.notOk(JSON.stringify(at.shown()).includes(code))
  },
)

t.test('without the program doctor says so, once', { skip: !isLinux }, async (t) => {
  const at = await home(t, { budgets: { daily: 10, weekly: 10 }, alerts: { desktop: true } })
  const running = await daemon(t, { home: at.folder, env: at.env })
  at.spend(10)
  const incidents = async () =>
    (await running.call('doctor.run')).checks.filter(({ says }) => says.includes('notification'))
  await until(async () => (await incidents()).length > 0, 'doctor says it')
  t.strictSame(await incidents(), [
    {
      level: 'warning',
      code: 'notNotified',
      subject: 'incident',
      says: 'no notification could be shown: notify-send: it is not installed',
      next: 'install it (libnotify) and see that a desktop runs, or take alerts.desktop out of the config file',
    },
  ])
})

t.test('nothing is shown where the config does not say so; a subscriber hears of it', async (t) => {
  const at = await home(t, { budgets: { daily: 10 } })
  at.install('notify-send')
  const running = await daemon(t, { home: at.folder, env: at.env })
  const client = await webSocket(t, running.socket)
  await client.ask('events.subscribe', { event: 'budgets.changed' })
  const newest = () => client.notifications.at(-1)?.params.value as BudgetList | undefined
  await until(() => newest() !== undefined, 'the value comes at once')
  t.match(newest(), { budgets: [{ spentUSD: 0, crossed: [] }], missing: [] })
  at.spend(20)
  await until(() => newest()?.budgets[0]?.crossed.length === 2, 'both thresholds')
  t.match(newest()?.budgets, [{ spentUSD: 20, percent: 200, state: 'over' }])
  await running.stop()
  t.strictSame(at.shown(), [])
})
