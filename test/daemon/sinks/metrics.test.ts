// The text as a scraper reads it: both formats, hostile names, what is there while nothing is, and what is kept.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { SourceReport } from '../../../src/contract/usage.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import { FAMILIES } from '../../../src/daemon/sinks/families.ts'
import { createMetrics, type MetricsContext } from '../../../src/daemon/sinks/metrics.ts'
import type { Aggregate, Group } from '../../../src/daemon/views/aggregate.ts'
import { Sum } from '../../../src/daemon/views/sum.ts'
import { group, samplesIn } from './scraped.ts'

const SELF: DeviceFacts = {
  id: 'ab',
  name: 'desk',
  self: true,
  state: 'self',
  direction: null,
  freshness: 'live',
  asOf: null,
  problem: null,
  address: null,
}
const AWAY: DeviceFacts = {
  ...SELF,
  id: 'cd',
  name: 'laptop',
  self: false,
  state: 'paired',
  direction: 'mutual',
  freshness: 'cached',
  asOf: '2026-11-27T12:00:00.500Z',
  problem: { code: 'unreachable', says: 'no answer at 192.168.1.31', since: '2026-11-27T12:01:00Z' },
  address: '192.168.1.31:4765',
}
const SOURCE: SourceReport = {
  agent: 'codex',
  folders: [{ path: '/home/ann/.codex', origin: 'default', state: 'read' }],
  files: 3,
  bytes: 1_000,
  lines: 20,
  rejected: [{ reason: 'not JSON', lines: 2, example: { file: '/home/ann/.codex/x.jsonl', line: 4 } }],
  unreadable: [{ path: '/home/ann/.codex/y.jsonl', code: 'EACCES' }],
  newestAt: '2026-11-27T12:00:00Z',
}

const historyOf = (groups: readonly Group[]): Aggregate => ({ groups, total: new Sum(), unpriced: [] })

function context(more: Partial<MetricsContext> = {}): MetricsContext {
  const nothing = historyOf([])
  return {
    version: '0.1.0',
    usage: {
      state: () => ({ ready: true, files: 3, bytes: 0, lines: 20, rejected: 2, tookMs: 1, progress: null }),
      sources: () => [SOURCE],
    },
    devices: () => [SELF],
    requests: { list: () => [] },
    problems: () => 0,
    history: () => nothing,
    ...more,
  }
}

const numberOf = (text: string, name: string, labels: Record<string, string> = {}) =>
  samplesIn(text).find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value

t.test('freshness, requests, the index and the process', async (t) => {
  const requests = [{ kind: 'pairing' }, { kind: 'pairing' }] as never
  const { usage } = context()
  const progress = {
    bytesDone: 1,
    bytesTotal: 4,
    filesDone: 0,
    filesTotal: 1,
    startedAt: '2026-11-27T12:00:00Z',
  }
  const text = await createMetrics(
    context({
      devices: () => [
        SELF,
        AWAY,
        { ...AWAY, name: 'never', freshness: 'never', asOf: null, problem: null },
        { ...AWAY, name: 'reader', direction: 'give' },
        { ...AWAY, name: 'left', state: 'unpaired' },
      ],
      requests: { list: () => requests },
      problems: () => 4,
      usage: { ...usage, state: () => ({ ...usage.state(), ready: false, progress }) },
    }),
  ).text('classic')
  const live = samplesIn(text).filter(({ name }) => name === 'tallyd_device_live')
  t.same(
    live.map(({ labels, value }) => [labels['device'], value]),
    [
      ['desk', 1],
      ['laptop', 0],
      ['never', 0],
    ],
    'neither those that only read nor those without trust are expected',
  )
  const seen = samplesIn(text).filter(({ name }) => name === 'tallyd_device_last_seen_timestamp_seconds')
  t.same(
    seen.map(({ labels, value }) => [labels['device'], value]),
    [['laptop', 1_795_780_800.5]],
  )
  t.equal(numberOf(text, 'tallyd_device_self', { device: 'desk' }), 1)
  t.equal(numberOf(text, 'tallyd_device_self', { device: 'laptop' }), undefined)
  t.equal(numberOf(text, 'tallyd_device_problem', { device: 'laptop', problem: 'unreachable' }), 1)
  t.equal(numberOf(text, 'tallyd_requests_waiting', { kind: 'pairing' }), 2)
  t.equal(numberOf(text, 'tallyd_requests_waiting', { kind: 'enrolment' }), 0)
  t.equal(numberOf(text, 'tallyd_doctor_problems'), 4)
  t.equal(numberOf(text, 'tallyd_index_ready'), 0)
  t.equal(numberOf(text, 'tallyd_index_progress_ratio'), 0.25)
  t.equal(numberOf(text, 'tallyd_index_rejected_lines', { agent: 'codex', reason: 'not JSON' }), 2)
  t.equal(numberOf(text, 'tallyd_index_unreadable', { agent: 'codex' }), 1)
  t.equal(numberOf(text, 'tallyd_build_info', { version: '0.1.0', node: process.versions.node }), 1)
  t.ok(numberOf(text, 'process_resident_memory_bytes')! > 10e6)
  t.ok(numberOf(text, 'process_cpu_seconds_total')! > 0)
  t.ok(Math.abs(numberOf(text, 'process_start_time_seconds')! - Date.now() / 1e3 + process.uptime()) < 5)
  t.notMatch(text, /ann|\.codex|192\.168|EACCES/, 'no path, no address')
})

t.test('nothing yet: what is known of the daemon, and no family without a series', async (t) => {
  const { usage } = context()
  const text = await createMetrics(
    context({ devices: () => [], usage: { ...usage, sources: () => [] } }),
  ).text('classic')
  t.notMatch(text, /tallyd_usage|tallyd_device/)
  t.equal(numberOf(text, 'tallyd_index_ready'), 1)
})

t.test('both formats tell the same; OpenMetrics names families without _total and ends', async (t) => {
  const metrics = createMetrics(
    context({ history: () => history, devices: () => [SELF, AWAY], problems: () => 1 }),
  )
  const history = historyOf([
    group('desk', 'codex', 'gpt-5.5', { input: 5, costUSD: 0.25 }),
    group('desk', 'codex', 'qwen3'),
  ])
  const classic = await metrics.text('classic')
  const open = await metrics.text('openmetrics')
  const steady = (text: string) => samplesIn(text).filter(({ name }) => !name.startsWith('process_'))
  t.same(steady(open), steady(classic))
  t.ok(open.endsWith('\n# EOF\n'))
  t.notMatch(classic, /EOF/)
  t.match(open, '\n# TYPE tallyd_usage_cost_usd counter\ntallyd_usage_cost_usd_total{')
  t.match(classic, '\n# TYPE tallyd_usage_cost_usd_total counter\ntallyd_usage_cost_usd_total{')
  t.notMatch(open, /# (?:TYPE|HELP) \w+_total /)
  t.same(await metrics.text('classic').then(steady), steady(classic), 'in whatever order they are asked')
})

t.test('every sample is of a family of the table, with its labels', async (t) => {
  const text = await createMetrics(
    context({
      history: () =>
        historyOf([
          group('d', 'codex', 'gpt-5.5', { costUSD: 1 }),
          group('d', 'codex', 'qwen3', { input: 1 }),
        ]),
      devices: () => [SELF, AWAY],
    }),
  ).text('classic')
  const found = new Map(samplesIn(text).map(({ name, labels }) => [name, Object.keys(labels)]))
  const wanted = Object.entries(FAMILIES).filter(
    ([name]) => process.platform === 'linux' || name !== 'process_open_fds',
  )
  t.same(
    [...found],
    wanted.map(([name, { labels }]) => [name, [...labels]]),
  )
})

t.test('names that look like two labels are not taken for each other', async (t) => {
  const history = historyOf([
    group('x,model:y', 'a', 'z', { calls: 1 }),
    group('x', 'a', 'y,model:z', { calls: 2 }),
  ])
  const text = await createMetrics(context({ history: () => history })).text('classic')
  const calls = samplesIn(text).filter(({ name }) => name === 'tallyd_usage_calls_total')
  t.same(
    calls.map(({ value }) => value),
    [1, 2],
  )
})

t.test(
  'always: whatever the names are, each line is a sample, none is there twice, and names can be read back',
  async () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('"', '\\', '\n', ',', '{', '}', '=', ' ', '#', '\ud800', 'n'),
        maxLength: 12,
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, name, name), { maxLength: 20 }), async (names) => {
        const history = historyOf(
          names.map(([device, agent, model]) => group(device, agent, model, { costUSD: 1 })),
        )
        const devices = names.map(([device]) => ({ ...AWAY, name: device }))
        const unique = devices.filter((one, at) => devices.findIndex(({ name }) => name === one.name) === at)
        const metrics = createMetrics(context({ history: () => history, devices: () => unique.slice(0, 1) }))
        for (const format of ['classic', 'openmetrics'] as const) {
          const samples = samplesIn(Buffer.from(await metrics.text(format)).toString())
          const calls = samples.filter(({ name }) => name === 'tallyd_usage_calls_total')
          assert.equal(
            calls.reduce((sum, { value }) => sum + value, 0),
            names.length,
          )
          const plain = names.map(([device]) => device).find((device) => /^[\x20-\x7e]{1,200}$/.test(device))
          if (plain !== undefined) assert.ok(calls.some(({ labels }) => labels['device'] === plain))
        }
      }),
    )
  },
)

t.test('as long as nothing was spent usage is not told anew, in either format', async (t) => {
  let reads = 0
  let history = historyOf([])
  const counted = (calls: number) => {
    const one = group('desk', 'codex', 'gpt-5.5', { calls })
    return {
      ...historyOf([]),
      get groups() {
        reads++
        return [one]
      },
    }
  }
  history = counted(1)
  const metrics = createMetrics(context({ history: () => history }))
  for (let n = 0; n < 3; n++) {
    t.equal(numberOf(await metrics.text('classic'), 'tallyd_usage_calls_total'), 1)
    t.equal(numberOf(await metrics.text('openmetrics'), 'tallyd_usage_calls_total'), 1)
  }
  t.equal(reads, 2)
  history = counted(2)
  t.equal(numberOf(await metrics.text('classic'), 'tallyd_usage_calls_total'), 2)
})

t.test('scrapes at once do not disturb each other, nor does one that failed', async (t) => {
  let fails = true
  const metrics = createMetrics(
    context({
      history: () => {
        if (fails) throw new Error('not now')
        return historyOf([group('desk', 'codex', 'gpt-5.5')])
      },
    }),
  )
  const failed = metrics.text('classic')
  await t.rejects(failed, /not now/)
  fails = false
  const texts = await Promise.all(
    Array.from({ length: 20 }, (_, at) => metrics.text(at % 2 === 0 ? 'classic' : 'openmetrics')),
  )
  for (const text of texts)
    t.equal(samplesIn(text).filter(({ name }) => name === 'tallyd_usage_calls_total').length, 1)
})
