// Questions on a real terminal: their answers, that nothing but yes is a yes, and that a question goes away with its request.
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Comparison, Pairing } from '../../src/contract/pairing.ts'
import { temporaryFolder, until } from '../harness/daemon.ts'
import { areLive, type Device, devices } from '../harness/devices.ts'
import { fakeDaemon } from './fake-daemon.ts'
import { NO_TERMINAL, type OnTerminal, onTerminal, SETTING } from './pty.ts'

const QUESTION = 'is it the same? [y/N]'
const options = { skip: NO_TERMINAL }

async function two(t: Test): Promise<[Device, Device]> {
  const found = await devices(t, 2)
  for (const device of found) await device.call('sharing.set', { mode: 'always' })
  return found as [Device, Device]
}

/** `asker` asks, and `tallyctl approve` of the other one stands at its question. */
async function asked(t: Test, asker: Device, other: Device): Promise<OnTerminal> {
  await asker.call('pairing.compare', { address: other.address })
  await until(async () => (await other.call('requests.list')).requests.length === 1, 'it is asked')
  const terminal = onTerminal(t, other.home, ['approve'])
  await terminal.says(QUESTION)
  return terminal
}

/** The terminal is set as it was before. */
function isRestored(t: Test, terminal: OnTerminal): void {
  const settings = [...terminal.seen().matchAll(SETTING)].map(([, setting]) => setting)
  t.equal(settings.length, 2)
  t.equal(settings[0], settings[1], 'the terminal is as it was')
}

t.test('a question goes away when the other side says no', options, async (t) => {
  const [one, other] = await two(t)
  const terminal = await asked(t, one, other)
  await one.call('requests.deny', {})
  t.equal(await terminal.ended, EXIT.failed, 'nobody had to press a key')
  t.match(terminal.seen(), /said no/)
  isRestored(t, terminal)
})

t.test('a question goes away when somebody says no in another terminal', options, async (t) => {
  const [one, other] = await two(t)
  const terminal = await asked(t, one, other)
  await other.call('requests.deny', {})
  t.equal(await terminal.ended, EXIT.failed, 'nobody had to press a key')
  t.match(terminal.seen(), /said no/)
  isRestored(t, terminal)
})

t.test('a question goes away when its request expires', options, async (t) => {
  let subscribed = false
  const expiresAt = '2026-11-20T12:01:00Z'
  const from = { id: 'a'.repeat(64), name: 'laptop', address: '192.168.1.31' }
  const request = {
    id: '4f19c2aa',
    kind: 'pairing',
    digits: '482913',
    from,
    direction: 'mutual',
    ours: false,
  }
  const { home, send } = await fakeDaemon(t, {
    'requests.list': () => ({ requests: [{ ...request, openedAt: '2026-11-20T12:00:00Z', expiresAt }] }),
    'events.subscribe': () => {
      subscribed = true
      return { subscription: 1 }
    },
  })
  const terminal = onTerminal(t, home, ['approve'])
  await terminal.says(QUESTION)
  await until(() => subscribed, 'it listens')
  const comparison: Comparison = {
    id: request.id,
    state: 'failed',
    digits: request.digits,
    ours: false,
    from,
    expiresAt,
    why: 'timedOut',
    paired: null,
  }
  send('pairing.changed', { invitation: null, comparison } satisfies Pairing)
  t.equal(await terminal.ended, EXIT.failed, 'nobody had to press a key')
  t.match(terminal.seen(), /it took longer than 60 s/)
  isRestored(t, terminal)
})

for (const [keys, means] of [
  ['\r', 'Enter alone'],
  ['yup\r', 'anything but yes'],
] as const) {
  t.test(`${means} is a no`, options, async (t) => {
    const [one, other] = await two(t)
    const terminal = await asked(t, one, other)
    terminal.type(keys)
    t.equal(await terminal.ended, EXIT.failed)
    t.match(terminal.seen(), /you said no/)
    isRestored(t, terminal)
    for (const device of [one, other]) t.equal((await device.call('devices.list')).devices.length, 1)
  })
}

t.test('yes on both terminals pairs', options, async (t) => {
  const [one, other] = await two(t)
  const here = onTerminal(t, one.home, ['pair', other.address])
  await here.says(QUESTION)
  const there = onTerminal(t, other.home, ['approve'])
  await there.says(QUESTION)
  const numbers = [here, there].map((terminal) => /\b\d{3} \d{3}\b/.exec(terminal.seen())?.[0])
  t.match(numbers[0], /^\d{3} \d{3}$/)
  t.equal(numbers[0], numbers[1], 'both screens show one number')
  here.type('y\r')
  await here.says('waiting for the other side')
  t.equal((await one.call('devices.list')).devices.length, 1, 'one yes pairs nobody')
  there.type('y\r')
  for (const terminal of [here, there]) {
    t.equal(await terminal.ended, EXIT.ok)
    t.match(terminal.seen(), /paired with device-\d/)
    isRestored(t, terminal)
  }
  await areLive(one, other)
})

t.test('a code that is typed is not seen', options, async (t) => {
  const [one, other] = await two(t)
  const { invited } = await other.call('pairing.invite')
  const terminal = onTerminal(t, one.home, ['pair', other.address, '--code'])
  await terminal.says('code: ')
  terminal.type(`${invited.code}\r`)
  t.equal(await terminal.ended, EXIT.ok)
  t.match(terminal.seen(), /code: •{6}/)
  t.notOk(terminal.seen().includes(invited.code))
  isRestored(t, terminal)
})

t.test('what is longer than the terminal is wide is broken at spaces', options, async (t) => {
  const terminal = onTerminal(t, temporaryFolder(t), ['share', 'maybe'])
  t.equal(await terminal.ended, EXIT.usage)
  const said = terminal.seen().replaceAll(SETTING, '').trim().split(/\r?\n/)
  t.ok(said.length > 1, said.join(' / '))
  for (const line of said) t.ok(line.length <= 80, line)
  t.match(
    said.join(' '),
    /maybe is not how to share; use always, off, or a while from 5s to 24h such as 10m; run: /,
  )
})
