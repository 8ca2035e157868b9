// `tallyctl audit` and the verbs of the roster, against real devices and against a daemon that says what a test tells it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { AuditEntry } from '../../src/contract/audit.ts'
import { AUDIT_KINDS } from '../../src/contract/audit-words.ts'
import { EXIT } from '../../src/contract/errors.ts'
import { entryLines, instant } from '../../src/ctl/commands/audit.ts'
import { until } from '../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../harness/devices.ts'
import { BUNDLE, started, tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

const BUNDLED = { program: BUNDLE }
const ID = '4f19c2aa'.repeat(8)

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  seq: 41,
  at: '2026-11-20T14:02:11.123Z',
  what: 'paired',
  subject: { id: ID, name: 'laptop', address: '192.168.1.31:4765' },
  detail: 'mutual',
  count: 1,
  since: null,
  ...more,
})

const entryLine = (of: AuditEntry) => entryLines(of, null).join('\n')

t.test('in a pipe an entry is one line, whatever is in it', async (t) => {
  t.equal(
    entryLine(entry()),
    "2026-11-20T14:02:11Z   41   paired   laptop (4f19c2aa) 192.168.1.31:4765   each sees the other's totals",
  )
  t.equal(
    entryLine(
      entry({
        what: 'refused',
        subject: { id: null, name: null, address: '192.168.1.66' },
        detail: 'not paired',
        count: 8_211,
        since: '2026-11-20T14:00:00.000Z',
      }),
    ),
    '2026-11-20T14:02:11Z   41   refused at the LAN listener   192.168.1.66   not paired   8,211 times since 2026-11-20T14:00:00Z',
  )
  const odd = entryLine(entry({ subject: { id: null, name: 'a\u001b[31m\nb', address: null }, detail: null }))
  t.notMatch(odd, /[\u001b\n]/)
})

t.test('words for scripts are sentences for people', async (t) => {
  const nobody = { id: null, name: null, address: '192.168.1.66' }
  const said = (what: string, detail: string | null) =>
    entryLine(entry({ what, detail, subject: nobody })).replace(/^.{28}/, '')
  t.equal(said('wrongCode', 'wrongCode'), 'a wrong code   192.168.1.66')
  t.equal(said('wrongCode', 'here: wrongCode'), 'a wrong code   192.168.1.66   typed here')
  t.equal(said('pairingFailed', 'timedOut'), 'a pairing did not succeed   192.168.1.66   it took too long')
  t.match(said('pairingFailed', 'here: busy'), /another ceremony was under way; the code was typed here$/)
  t.match(said('tampered', 'commitmentBroken'), / {3}the nonce is not the one that was committed to$/)
  t.equal(said('sharingChanged', 'always'), 'sharing was changed   192.168.1.66   always')
  t.equal(said('renamed', 'was closed'), 'renamed   192.168.1.66   was closed')
  t.equal(said('constructor', 'toString'), 'constructor   192.168.1.66   toString', 'of a newer daemon')
  for (const [what, { says }] of Object.entries(AUDIT_KINDS)) t.ok(said(what, null).startsWith(says), what)
})

t.test('on a terminal an entry is broken at spaces, below its words', async (t) => {
  t.same(entryLines(entry({ detail: 'mutual' }), 80), [
    '2026-11-20T14:02:11Z   41   paired   laptop (4f19c2aa) 192.168.1.31:4765   each',
    "                            sees the other's totals",
  ])
})

t.test('--since takes dates, days, hours and times; anything else is one sentence', async (t) => {
  const now = new Date(2026, 10, 20, 14, 0, 0).getTime()
  const at = (...day: [number, number, number]) => new Date(...day).toISOString()
  t.equal(instant(undefined, now), undefined)
  t.equal(instant('2026-11-01', now), at(2026, 10, 1))
  t.equal(instant('1d', now), at(2026, 10, 20))
  t.equal(instant('7d', now), at(2026, 10, 14))
  t.equal(instant('yesterday', now), at(2026, 10, 19))
  t.equal(instant('2h', now), new Date(now - 7_200_000).toISOString())
  t.equal(instant('2026-11-20T10:00:00Z', now), '2026-11-20T10:00:00.000Z')
  for (const wrong of ['2026-02-30', 'soon', '', '-1d', '99999999h9', '2026-11-20T99:00:00Z'])
    t.throws(() => instant(wrong, now), /is no time|which is no time/, wrong)
})

t.test('what was recorded, live too, and whether it is intact', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const following = started(one.home, ['audit', '--follow'], BUNDLED)
  t.teardown(() => following.child.kill('SIGKILL'))
  await until(() => following.out().includes('log was begun'), 'what there is, is printed')
  await pairByCode(one, two)
  await until(() => following.out().includes('   paired   device-1'), 'what comes, is printed')
  t.equal(
    following
      .out()
      .split('\n')
      .filter((line) => line.includes('log was begun')).length,
    1,
    'each once',
  )
  const listed = await tallyctl(one.home, ['audit', '--since', '1h'], BUNDLED)
  const lines = listed.out.trimEnd().split('\n')
  t.match(lines[0], /^\S+Z {3}1 {3}the audit log was begun$/)
  // The other device may have called before it was written down here, and was refused.
  const paired = / {3}paired {3}device-1 \([0-9a-f]{8}\) 127\.0\.0\.1:\d+ {3}each sees the other's totals$/
  t.equal(lines.filter((line) => paired.test(line)).length, 1)
  const { entries } = JSON.parse((await tallyctl(one.home, ['audit', '--json'], BUNDLED)).out)
  t.same(
    entries.map(({ seq }: AuditEntry) => seq),
    lines.map((_, index) => index + 1),
  )
  t.equal(
    (await tallyctl(one.home, ['audit', '--since', '0h'], BUNDLED)).out,
    'nothing was recorded in that time\n',
  )
  const verified = await tallyctl(one.home, ['audit', 'verify'], BUNDLED)
  t.equal(verified.exit, EXIT.ok)
  const head = /\nhead {5}(\d+:[0-9a-f]{64})\n$/.exec(verified.out)?.[1] ?? ''
  t.match((await tallyctl(one.home, ['audit', 'verify', head], BUNDLED)).out, /is there as it was/)
  const path = join(one.home, 'audit.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace('auditBegun', 'auditBegan'))
  const broken = await tallyctl(one.home, ['audit', 'verify', head], BUNDLED)
  t.equal(broken.exit, EXIT.failed)
  t.match(
    broken.out,
    /^not intact {3}\d+ entries\n.*audit\.jsonl:2 {3}the entry before it, 1, is not the one/,
  )
  t.equal((await tallyctl(one.home, ['audit', 'verify', 'x'], BUNDLED)).exit, EXIT.usage)
})

t.test('a follower who missed more than the value holds asks for what lies between', async (t) => {
  const all = Array.from({ length: 9 }, (_, i) => entry({ seq: i + 1, what: `what${i + 1}` }))
  const fake = await fakeDaemon(t, {
    'audit.list': ({ after }) => ({
      entries: after === undefined ? all.slice(0, 2) : all.slice(Number(after), 6),
    }),
    'events.subscribe': () => ({ subscribed: { subscription: 1, event: 'audit.added' } }),
  })
  const following = started(fake.home, ['audit', '--follow', '--json'])
  t.teardown(() => following.child.kill('SIGKILL'))
  await until(() => fake.calls.some(({ method }) => method === 'events.subscribe'), 'it has subscribed')
  fake.send('audit.added', { entries: all.slice(6) })
  await until(() => following.out().split('\n').length >= 10, 'all nine')
  t.same(
    following
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

t.test('what was added while tallyd ended comes when it is back, without waiting for the next', async (t) => {
  const all = [1, 2, 3].map((seq) => entry({ seq, what: `what${seq}` }))
  let known = 1
  const answers = {
    'audit.list': ({ after }: Record<string, unknown>) => ({ entries: all.slice(Number(after ?? 0), known) }),
    'events.subscribe': () => ({ subscribed: { subscription: 1, event: 'audit.added' } }),
  }
  const fake = await fakeDaemon(t, answers)
  const subscribed = () => fake.calls.filter(({ method }) => method === 'events.subscribe').length
  const following = started(fake.home, ['audit', '--follow', '--json'])
  t.teardown(() => following.child.kill('SIGKILL'))
  await until(() => subscribed() === 1, 'it has subscribed')
  fake.send('audit.added', { entries: [] })
  known = 3
  fake.dismiss()
  await until(() => subscribed() === 2, 'it is back')
  fake.send('audit.added', { entries: [] })
  await until(() => following.out().split('\n').length >= 4, 'all three')
  t.match(following.out(), /what1.*\n.*what2.*\n.*what3/)
})

t.test(
  'block, unblock, merge and forget: one sentence each, and what cannot be undone wants a yes',
  async (t) => {
    const [one, two, three] = (await devices(t, 3)) as [Device, Device, Device]
    await pairByCode(one, two)
    await pairByCode(one, three)
    const run = (...words: string[]) => tallyctl(one.home, ['devices', ...words], BUNDLED)
    t.equal((await run('block', two.name)).out, 'device-1 is blocked: it gets no answer any more\n')
    t.match((await run()).out, /device-1 .* blocked\n/)
    t.equal(
      (await run('unblock', two.name)).out,
      'device-1 is not blocked, and not trusted until it is paired\n',
    )
    for (const words of [
      ['forget', two.name],
      ['merge', two.name, three.name],
    ]) {
      const { exit, err, out } = await run(...words)
      t.equal(exit, EXIT.usage)
      t.equal(out, '')
      t.match(err, new RegExp(`nothing was changed.*devices ${words.join(' ')} --yes\n$`), 'one next step')
    }
    t.equal(
      (await run('merge', two.name, three.name, '--yes')).out,
      'what device-1 spent counts as device-2 now\n',
    )
    t.match((await run()).out, /device-2 .* live\n/)
    t.equal((await run('forget', three.name, '--yes')).out, 'device-2 is forgotten, with what it spent\n')
    t.notMatch((await run()).out, /device-2/)
    t.equal((await run('forget', three.name, '--yes')).exit, EXIT.usage)
  },
)

t.test('usage by device, of one device, and of one that only takes', async (t) => {
  const [one, two, three] = (await devices(t, 3)) as [Device, Device, Device]
  await pairByCode(one, two)
  const { invited } = await three.call('pairing.invite')
  await one.call('pairing.join', { address: three.address, code: invited.code, direction: 'give' })
  const usage = async (...words: string[]) => {
    const { out } = await tallyctl(one.home, ['usage', 'all', '--tz', 'UTC', '--json', ...words], BUNDLED)
    return JSON.parse(out)
  }
  t.same(
    (await usage('--by', 'device')).rows.map(({ device, calls }: { device: string; calls: number }) => [
      device,
      calls,
    ]),
    [
      [two.name, two.calls],
      [one.name, one.calls],
    ],
  )
  t.equal((await usage('--device', two.name)).total.calls, two.calls)
  t.equal((await usage('--device', two.name, '--device', 'self')).total.calls, one.calls + two.calls)
  t.equal((await usage('--device', three.name)).total.calls, 0, 'it gives nothing')
  t.match(
    (await tallyctl(one.home, ['usage', '--device', 'nobody'], BUNDLED)).err,
    /no device is called "nobody"/,
  )
  await two.end()
  await until(async () => (await one.row(two))?.freshness === 'cached', 'it is away')
  const { out } = await tallyctl(one.home, ['usage', 'all'], BUNDLED)
  t.match(out, /\ndevice-1 {3}last seen .*: its last .* missing\n$/)
  t.match(
    (await tallyctl(one.home, [], BUNDLED)).out,
    /\n\ndevices {6}device-0 \(this one\) {3}device-1 .*(ago|now)\n$/,
  )
})
