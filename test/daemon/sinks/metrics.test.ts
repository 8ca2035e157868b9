// The text as a scraper reads it: both formats, what is there while nothing is, and what is kept.
import t from 'tap'
import { FAMILIES } from '../../../src/daemon/sinks/families.ts'
import { createMetrics } from '../../../src/daemon/sinks/metrics.ts'
import { AWAY, context, group, historyOf, numberOf, SELF, samplesIn } from './scraped.ts'

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

t.test('scrapes at once do not mix, nor is one that failed remembered', async (t) => {
  let calls = 0
  const metrics = createMetrics(
    context({
      devices: () => [SELF, AWAY],
      history: () => {
        if (calls++ === 0) throw new Error('not now')
        return historyOf([group(`desk ${calls}`, 'codex', 'gpt-5.5', { calls })])
      },
    }),
  )
  await t.rejects(metrics.text('classic'), /not now/)
  const families = (text: string) => new Set(samplesIn(text).map(({ name }) => name))
  const alone = families(await metrics.text('classic'))
  const texts = await Promise.all(
    Array.from({ length: 20 }, (_, at) => metrics.text(at % 2 === 0 ? 'classic' : 'openmetrics')),
  )
  for (const [at, text] of texts.entries()) {
    t.same(families(text), alone)
    t.equal(numberOf(text, 'tallyd_usage_calls_total', { device: `desk ${at + 3}` }), at + 3)
  }
})
