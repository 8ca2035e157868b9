// The totals do not depend on the order in which files are read, on how often, or on how many ledgers share the reading.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { UsageEvent } from '../../../../src/daemon/usage/event.ts'
import type { LogFile } from '../../../../src/daemon/usage/index/log-file.ts'
import { Ledger } from '../../../../src/daemon/usage/ledger/ledger.ts'
import { sourceOf } from '../../../../src/daemon/usage/sources/sources.ts'
import { type GeneratedFile, generatedLogs } from '../generated-logs.ts'
import { dumpOf } from '../ledger-dump.ts'
import { ledgerOf, logsBelow, mergedOf, NOW } from '../log-folder.ts'

const RUNS = 300

/** The generated files on disk, shuffled. */
function withLogs(files: readonly GeneratedFile[], home: string, use: (logs: LogFile[]) => void): void {
  rmSync(home, { recursive: true, force: true })
  for (const { path, lines } of files) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), lines.map((line) => `${line}\n`).join(''))
  }
  use(logsBelow(home))
}

/** What each file tells, event by event. */
function eventsOf(files: readonly GeneratedFile[]): { agent: string; events: UsageEvent[] }[] {
  return files.map(({ path, lines }) => {
    const agent = path.startsWith('.codex') ? 'codex' : 'claude-code'
    const source = sourceOf(agent)
    let memory = source.begin(path)
    const events: UsageEvent[] = []
    for (const line of lines) {
      const told = source.read(Buffer.from(line).toString('latin1'), memory, { now: NOW })
      memory = told.memory
      events.push(...told.events)
    }
    return { agent, events }
  })
}

const order = fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 })

function shuffled<T>(list: readonly T[], by: readonly number[]): T[] {
  return list
    .map((item, i) => [by[i % by.length]!, i, item] as const)
    .sort(([x, i], [y, j]) => x - y || i - j)
    .map(([, , item]) => item)
}

t.test('files in any order, twice, and read apart give the same totals', async (t) => {
  const home = t.testdir()
  fc.assert(
    fc.property(generatedLogs, order, (files, by) => {
      withLogs(files, home, (logs) => {
        const truth = JSON.stringify(dumpOf(ledgerOf(logs)))
        const mixed = shuffled(logs, by)
        for (const ledger of [
          ledgerOf(mixed),
          ledgerOf([...mixed, ...logs]),
          mergedOf(logs),
          mergedOf(mixed),
        ]) {
          if (JSON.stringify(dumpOf(ledger)) !== truth) throw new Error(`not ${truth}`)
        }
      })
    }),
    { numRuns: RUNS },
  )
})

t.test('events interleaved at random, each file in its order, give the same totals', async () => {
  fc.assert(
    fc.property(generatedLogs, fc.array(fc.nat(100), { maxLength: 80 }), (files, picks) => {
      const told = eventsOf(files)
      const plain = new Ledger()
      for (const { agent, events } of told) for (const event of events) plain.sinkOf(agent)(event)
      const mixed = new Ledger()
      const queues = told.map(({ agent, events }) => ({ agent, events: [...events] }))
      for (let i = 0; queues.some(({ events }) => events.length > 0); i++) {
        const open = queues.filter(({ events }) => events.length > 0)
        const { agent, events } = open[(picks[i % Math.max(1, picks.length)] ?? i) % open.length]!
        mixed.sinkOf(agent)(events.shift()!)
      }
      return JSON.stringify(dumpOf(mixed)) === JSON.stringify(dumpOf(plain))
    }),
    { numRuns: RUNS },
  )
})

t.test(
  'events in any order give the same totals once all were told; telling all again changes nothing',
  async () => {
    fc.assert(
      fc.property(generatedLogs, order, (files, by) => {
        const told = eventsOf(files).flatMap(({ agent, events }) => events.map((event) => ({ agent, event })))
        const plain = new Ledger()
        for (const { agent, event } of told) plain.sinkOf(agent)(event)
        // What a call was for is told behind the call; the source never does it the other way round.
        const calls = shuffled(
          told.filter(({ event }) => event.kind !== 'activity'),
          by,
        )
        const activities = shuffled(
          told.filter(({ event }) => event.kind === 'activity'),
          by,
        )
        const mixed = new Ledger()
        for (const { agent, event } of [...calls, ...activities]) mixed.sinkOf(agent)(event)
        const once = JSON.stringify(dumpOf(mixed))
        for (const { agent, event } of [...calls, ...activities]) mixed.sinkOf(agent)(event)
        return once === JSON.stringify(dumpOf(plain)) && once === JSON.stringify(dumpOf(mixed))
      }),
      { numRuns: RUNS },
    )
  },
)

t.test(
  'two ledgers that share the events and are merged, either way round, give the same totals',
  async () => {
    fc.assert(
      fc.property(generatedLogs, fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (files, left) => {
        const plain = new Ledger()
        const [one, other] = [new Ledger(), new Ledger()]
        for (const [f, { agent, events }] of eventsOf(files).entries()) {
          for (const event of events) {
            plain.sinkOf(agent)(event)
            ;(left[f % left.length] ? one : other).sinkOf(agent)(event)
          }
        }
        const truth = JSON.stringify(dumpOf(plain))
        const reversed = new Ledger()
        reversed.merge(other)
        reversed.merge(one)
        one.merge(other)
        return JSON.stringify(dumpOf(one)) === truth && JSON.stringify(dumpOf(reversed)) === truth
      }),
      { numRuns: RUNS },
    )
  },
)
