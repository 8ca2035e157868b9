// A source never throws, whatever bytes a line has, and what it tells is always fit to be counted.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { UsageEvent } from '../../../../src/daemon/usage/event.ts'
import { newLogFile } from '../../../../src/daemon/usage/index/log-file.ts'
import { Ledger } from '../../../../src/daemon/usage/ledger/ledger.ts'
import { SOURCES } from '../../../../src/daemon/usage/sources/sources.ts'
import { dumpOf } from '../ledger-dump.ts'
import { NOW, parsing, readOn, scanning } from '../log-folder.ts'
import { damaged, mutated, realLine } from './any-lines.ts'

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  mutated(realLine).map((line) => Buffer.from(line)),
  damaged(realLine),
)

function isCountable(event: UsageEvent): boolean {
  if (event.kind === 'call') {
    const numbers = Object.values(event.numbers)
    const whole = numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)
    return whole && Number.isFinite(event.at) && Number.isFinite(event.rank) && isName(event.model)
  }
  if (event.kind === 'tool') return Number.isFinite(event.at) && isName(event.tool)
  return event.kind === 'link' || Number.isInteger(event.activity)
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && !/\p{Cc}|\p{Cf}/u.test(name)
}

t.test('source.read takes any line after any other, and tells only what can be counted', async () => {
  for (const source of SOURCES) {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 8 }), (lines) => {
        let memory = source.begin('/home/any/session.jsonl')
        for (const line of lines) {
          source.sort(latin1(line.subarray(0, 256)))
          const told = source.read(latin1(line), memory, { now: NOW })
          if (!told.events.every(isCountable)) throw new Error(JSON.stringify(told.events))
          memory = JSON.parse(JSON.stringify(told.memory)) as unknown
        }
      }),
      { numRuns: 3000 },
    )
  }
})

t.test('LogReader takes a file of any bytes, and counts the good lines around them', async (t) => {
  const path = join(t.testdir(), 'session.jsonl')
  const good = (n: number) =>
    `{"type":"assistant","sessionId":"s","message":{"model":"m","id":"good_${n}","usage":{"input_tokens":1,"output_tokens":1}},"requestId":"good_${n}","timestamp":"2026-03-02T10:00:0${n}Z"}`
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.array(anyBytes, { maxLength: 5 }), (raw, lines) => {
      const rejected = lines.map((line) => Buffer.from(line).filter((byte) => byte !== 10))
      const parts = [raw, ...rejected].flatMap((part) => [Buffer.from(part), Buffer.from('\n')])
      writeFileSync(path, Buffer.concat([Buffer.from(`${good(1)}\n`), ...parts, Buffer.from(`${good(2)}\n`)]))
      for (const { agent } of SOURCES) {
        for (const reader of [scanning, parsing]) {
          const ledger = new Ledger()
          readOn(newLogFile(path, agent), ledger, { reader })
          const calls = dumpOf(ledger).rows.filter(({ model }) => model === 'm')
          const sum = calls.reduce((total, row) => total + Number(row['calls']), 0)
          if (sum !== (agent === 'claude-code' ? 2 : 0)) throw new Error(`${agent} counts ${sum}`)
        }
      }
    }),
    { numRuns: 300 },
  )
})

t.test('nesting and numbers beyond reason', async (t) => {
  const deep = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n)
  const usage = (input: string) =>
    `{"type":"assistant","message":{"id":"a","model":"m","usage":{"input_tokens":${input},"output_tokens":1}},"timestamp":"2026-03-02T10:00:00Z"}`
  const lines = [
    '['.repeat(100_000),
    deep('[', ']', 100_000),
    deep('{"usage":', '}', 100_000).replace(':}', ':1}'),
    usage(deep('[', ']', 100_000)),
    usage('9'.repeat(100_000)),
    usage(`1e${'9'.repeat(1000)}`),
    usage('-0'),
    `{"timestamp":"2026-03-02T10:00:00Z","type":"event_msg","payload":{"type":"token_count","info":${deep('[', ']', 100_000)}}}`,
  ]
  for (const source of SOURCES) {
    for (const line of lines) {
      t.doesNotThrow(
        () => source.read(line, source.begin('/x.jsonl'), { now: NOW }),
        `${source.agent} ${line.slice(0, 20)}`,
      )
    }
  }
})

t.test('a shell command that is no command does not stop the counting', async (t) => {
  const line = (command: string) =>
    `{"timestamp":"2026-11-01T10:00:00.000Z","type":"response_item","payload":{"type":"local_shell_call","call_id":"c","action":{"command":${command}}}}`
  for (const command of [
    '[{"toString":1}]',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    '[null,1,"ls"]',
    '7',
  ]) {
    for (const source of SOURCES) {
      t.doesNotThrow(
        () => source.read(line(command), source.begin('/x/rollout-y.jsonl'), { now: NOW }),
        command.slice(0, 20),
      )
    }
  }
})
