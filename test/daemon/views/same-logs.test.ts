// The same logs on two devices are noticed and named; different work never is.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import type { Share } from '../../../src/daemon/views/question.ts'
import { SameLogs } from '../../../src/daemon/views/same-logs.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { FIRST_QUARTER, type MadeBucket, MODELS, totalsOf } from '../devices/made-totals.ts'

function history(quarters: number, more: Partial<MadeBucket> = {}): MadeBucket[] {
  return Array.from({ length: quarters }, (_, i) => ({
    quarter: FIRST_QUARTER + i,
    agent: 'codex',
    model: MODELS[i % MODELS.length]!,
    activity: i % 9,
    band: 0,
    calls: 1 + (i % 5),
    ...more,
  }))
}

/** What another device has of these: names go through the sanitiser of both sides. */
function copyOf(totals: Totals): Copy {
  const sender = createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => 'a',
    timeZone: () => 'UTC',
    program: '1.0.0',
  })
  const copy = new Copy()
  copy.apply(sender.answer(undefined) as UsageAnswer, 0)
  return copy
}

const device = (name: string): Share['device'] => ({
  id: name,
  name,
  self: name === 'desk',
  freshness: 'live',
  asOf: null,
})

async function found(shares: readonly Share[]) {
  const same = new SameLogs(() => shares)
  await same.settle()
  return same.among(shares)
}

t.test('a copy of our own history is noticed, private models and all', async (t) => {
  const own = totalsOf(history(40))
  const shares = [
    { device: device('desk'), totals: own },
    { device: device('laptop'), totals: copyOf(own).totals },
  ]
  const [same, ...others] = await found(shares)
  t.same(others, [])
  t.same(same?.devices, ['desk', 'laptop'])
  t.ok(same!.buckets >= 20 && same!.buckets <= 40, `${same!.buckets} of 40`)
  const checks = await new SameLogs(() => shares).checks()
  t.match(checks, [
    {
      level: 'warning',
      subject: 'same logs',
      says: /desk and laptop/,
      next: /docs\/config\.md.*forget 'laptop'/,
    },
  ])
})

t.test('two others are named, with the command that joins them', async (t) => {
  const moved = history(30, { model: 'gpt-5.5' })
  const shares = [
    { device: device('desk'), totals: totalsOf(history(30, { model: 'claude-opus-4-8' })) },
    { device: device('laptop'), totals: copyOf(totalsOf(moved)).totals },
    { device: device('studio'), totals: copyOf(totalsOf([...moved, ...history(50, { band: 1 })])).totals },
  ]
  t.same(await found(shares), [{ devices: ['laptop', 'studio'], buckets: 30 }])
  const same = new SameLogs(() => shares)
  await same.look()
  t.same(same.among(shares.slice(0, 2)), [], 'not in an answer that has only one of them')
  t.match(await same.checks(), [{ next: /devices merge OLD NEW/ }])
})

t.test('different work, a few chances and one device alone are not noticed', async (t) => {
  const own = totalsOf(history(100))
  const other = (made: MadeBucket[]) => ({ device: device('laptop'), totals: copyOf(totalsOf(made)).totals })
  const self = { device: device('desk'), totals: own }
  t.same(await found([self]), [])
  t.same(await found([self, other(history(100).map((each) => ({ ...each, calls: each.calls + 1 })))]), [])
  t.same(
    await found([self, other(history(100).map((each) => ({ ...each, quarter: each.quarter + 200 })))]),
    [],
  )
  t.same(await found([self, other(history(9, { model: 'gpt-5.5' }))]), [])
  t.same(
    await found([self, { device: device('desk'), totals: own }]),
    [],
    'histories that were merged are one device',
  )
  t.match(await new SameLogs(() => [self, other([])]).checks(), [{ level: 'ok' }])
})

t.test(
  'a new history is looked at before the next answer, one that grew a little after ten minutes',
  async (t) => {
    const own = totalsOf(history(40, { model: 'gpt-5.5' }))
    let now = 0
    const shares: Share[] = [{ device: device('desk'), totals: own }]
    const same = new SameLogs(
      () => shares,
      () => now,
    )
    await same.settle()
    t.same(same.among(shares), [])
    const copy = copyOf(own)
    shares.push({ device: device('laptop'), totals: copy.totals })
    await same.settle()
    t.same(same.among(shares), [{ devices: ['desk', 'laptop'], buckets: 40 }])
    for (const totals of [own, copy.totals]) totals.buckets.rowOf(FIRST_QUARTER + 90, 0)
    totalsOf([])
    for (const totals of [own, copy.totals]) totals.buckets.table.of.calls[40] = 7
    await same.settle()
    t.same(same.among(shares)[0]?.buckets, 40, 'not yet')
    now = 11 * 60_000
    await same.settle()
    await same.look()
    t.same(same.among(shares)[0]?.buckets, 41)
  },
)

t.test('half a million buckets are compared by sample, in steps that hold up nobody', async (t) => {
  const many = (id: number) =>
    totalsOf(
      Array.from({ length: 25_000 }, (_, i) => ({
        ...history(1)[0]!,
        quarter: FIRST_QUARTER + i,
        calls: 1 + ((i + id) % 7),
      })),
    )
  const shares = Array.from({ length: 20 }, (_, i) => ({
    device: device(`d${i}`),
    totals: many(i < 2 ? 0 : i % 7 === 0 ? 1 : i),
  }))
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const began = process.cpuUsage().user
  const same = new SameLogs(() => shares)
  await same.look()
  clearInterval(beat)
  t.comment(
    `${Math.round((process.cpuUsage().user - began) / 1000)} ms of CPU, longest step ${Math.round(longest)} ms`,
  )
  const pair = same.among(shares).find(({ devices }) => devices.join() === 'd0,d1')
  t.ok(Math.abs((pair?.buckets ?? 0) - 25_000) < 2_500, `${pair?.buckets} estimated of 25,000`)
})

t.test('between real devices: the answer and doctor say so, and merging ends it', async (t) => {
  const [reader, old, young] = (await devices(t, 3)) as [Device, Device, Device]
  const now = Date.now() - 3_600_000
  const lines = Array.from({ length: 24 }, (_, i) => {
    const usage = { input_tokens: 10 + i, output_tokens: 100 }
    const message = { model: 'claude-opus-4-5', id: `m${i}`, content: [], stop_reason: null, usage }
    const timestamp = new Date(now - i * 900_000).toISOString()
    return JSON.stringify({ type: 'assistant', sessionId: 's', message, requestId: `r${i}`, timestamp })
  })
  for (const each of [old, young]) {
    mkdirSync(join(each.home, '.claude', 'projects', 'q'), { recursive: true })
    writeFileSync(join(each.home, '.claude', 'projects', 'q', 's.jsonl'), `${lines.join('\n')}\n`)
    await each.call('usage.rescan')
    await pairByCode(reader, each)
  }
  const expected = [{ devices: [old.name, young.name], buckets: 24 }]
  await until(async () => {
    const { sameLogs } = await reader.call('usage.summary', { range: 'all' })
    return JSON.stringify(sameLogs) === JSON.stringify(expected)
  }, 'the answer says so')
  const { checks } = await reader.call('doctor.run')
  t.match(
    checks.find(({ subject }) => subject === 'same logs'),
    { level: 'warning' },
  )
  await reader.call('devices.merge', { old: old.name, new: young.name })
  const after = await reader.call('usage.summary', { range: 'all' })
  t.equal(after.sameLogs, undefined)
  t.equal(after.total.calls, reader.calls + old.calls + young.calls + 24)
  t.equal(
    (await reader.call('doctor.run')).checks.find(({ subject }) => subject === 'same logs')?.level,
    'ok',
  )
})
