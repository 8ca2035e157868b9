// Reads the text formats of Prometheus as strictly as it does, as far as we write them, and makes what there is to tell.
import assert from 'node:assert'
import type { SourceReport } from '../../../src/contract/usage.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import type { MetricsContext } from '../../../src/daemon/sinks/metrics.ts'
import type { Aggregate, Group } from '../../../src/daemon/views/aggregate.ts'
import { Sum } from '../../../src/daemon/views/sum.ts'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Every sample, in order; throws where a line is none, or a sample stands there twice. */
export function samplesIn(text: string): Sample[] {
  assert.ok(text.endsWith('\n'), 'it ends in a line feed')
  const seen = new Set<string>()
  const samples: Sample[] = []
  for (const line of text.slice(0, -1).split('\n')) {
    if (/^# (?:HELP|TYPE) [a-z_]+ .+$/.test(line) || line === '# EOF') continue
    const [, name, labelled = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? []
    assert.ok(name !== undefined, JSON.stringify(line))
    const labels = labelsIn(labelled)
    const key = JSON.stringify([name, Object.entries(labels).sort()])
    assert.ok(!seen.has(key), `twice: ${key}`)
    seen.add(key)
    assert.ok(Number.isFinite(Number(value)), line)
    samples.push({ name, labels, value: Number(value) })
  }
  return samples
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const [whole, name, value] = /^([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? []
    assert.ok(whole !== undefined && name !== undefined && value !== undefined, JSON.stringify(rest))
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
    rest = rest.slice(whole.length)
  }
  return labels
}

/** A group of one call; `numbers` are of its sum. `priced` as if its model had a price where it costs something. */
export function group(
  device: string,
  agent: string,
  model: string,
  numbers: Partial<Pick<Sum, 'calls' | 'input' | 'output' | 'cacheRead' | 'costUSD'>> = {},
): Group {
  const sum = Object.assign(new Sum(), { calls: 1, ...numbers })
  if (sum.costUSD > 0) sum.priced = sum.calls
  return { time: 0, labels: { device, agent, model }, sum }
}

export const SELF: DeviceFacts = {
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
export const AWAY: DeviceFacts = {
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
export const SOURCE: SourceReport = {
  agent: 'codex',
  folders: [{ path: '/home/ann/.codex', origin: 'default', state: 'read' }],
  files: 3,
  bytes: 1_000,
  lines: 20,
  rejected: [{ reason: 'not JSON', lines: 2, example: { file: '/home/ann/.codex/x.jsonl', line: 4 } }],
  unreadable: [{ path: '/home/ann/.codex/y.jsonl', code: 'EACCES' }],
  newestAt: '2026-11-27T12:00:00Z',
}

export const historyOf = (groups: readonly Group[]): Aggregate => ({ groups, total: new Sum(), unpriced: [] })

/** A daemon that knows nothing but what a test gives it. */
export function context(more: Partial<MetricsContext> = {}): MetricsContext {
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

export const numberOf = (text: string, name: string, labels: Record<string, string> = {}) =>
  samplesIn(text).find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value
