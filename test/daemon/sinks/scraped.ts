// Reads the text formats of Prometheus as strictly as it does, as far as we write them, and makes groups for tests.
import assert from 'node:assert'
import type { Group } from '../../../src/daemon/views/aggregate.ts'
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
