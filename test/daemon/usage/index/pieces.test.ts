// A log read in pieces, cut anywhere, comes to what it comes to read at once.
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type LogFile, newLogFile } from '../../../../src/daemon/usage/index/log-file.ts'
import { LINE_CAP } from '../../../../src/daemon/usage/index/reader.ts'
import { Ledger } from '../../../../src/daemon/usage/ledger/ledger.ts'
import { generatedLogs } from '../generated-logs.ts'
import { type Dump, dumpOf } from '../ledger-dump.ts'
import { parsing, readOn, rejectedIn, scanning } from '../log-folder.ts'

interface Log {
  readonly path: string
  readonly agent: string
  readonly bytes: Buffer
}

const log = fc
  .tuple(generatedLogs, fc.constantFrom('\n', '\r\n', '\n\n'), fc.boolean())
  .map(([files, end, last]): Log[] =>
    files.map(({ path, lines }) => ({
      path,
      agent: path.startsWith('.codex') ? 'codex' : 'claude-code',
      bytes: Buffer.from(lines.join(end) + (last ? end : '')),
    })),
  )

const cuts = fc.array(fc.tuple(fc.nat(3), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 12 })

/** What remains of a memory and a position between two readings: what a checkpoint keeps. */
function kept(file: LogFile): LogFile {
  return { ...file, memory: JSON.parse(JSON.stringify(file.memory)) as unknown }
}

function readWhole(home: string, logs: readonly Log[]): { dump: Dump; lines: number[]; rejected: unknown } {
  const ledger = new Ledger()
  const files = logs.map(({ path, agent, bytes }) => {
    const full = join(home, 'whole', path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, bytes)
    const file = newLogFile(full, agent)
    readOn(file, ledger)
    return file
  })
  return { dump: dumpOf(ledger), lines: files.map(({ lines }) => lines), rejected: rejectedIn(files) }
}

t.test('cut at any byte, in any turn with the other files, before and after any reading', async (t) => {
  const home = t.testdir()
  fc.assert(
    fc.property(log, cuts, (logs, cuts) => {
      rmSync(home, { recursive: true, force: true })
      const whole = readWhole(home, logs)
      const ledger = new Ledger()
      const files = logs.map(({ path, agent }) => {
        const full = join(home, 'pieces', path)
        mkdirSync(dirname(full), { recursive: true })
        writeFileSync(full, '')
        return newLogFile(full, agent)
      })
      const append = (which: number, until: number) => {
        const { bytes } = logs[which]!
        const have = statSync(files[which]!.path).size
        appendFileSync(files[which]!.path, bytes.subarray(have, Math.max(have, until)))
        files[which] = kept(files[which]!)
        // What was scanned is read on by parsing, and the other way round.
        readOn(files[which]!, ledger, { reader: until % 2 === 0 ? scanning : parsing })
      }
      for (const [which, part] of cuts) {
        const at = which % logs.length
        append(at, Math.floor(logs[at]!.bytes.length * part))
      }
      for (const [which, { bytes }] of logs.entries()) append(which, bytes.length)
      const pieces = {
        dump: dumpOf(ledger),
        lines: files.map(({ lines }) => lines),
        rejected: rejectedIn(files),
      }
      if (JSON.stringify(pieces) !== JSON.stringify(whole)) {
        throw new Error(`${JSON.stringify(pieces)}\n${JSON.stringify(whole)}`)
      }
    }),
    { numRuns: 200 },
  )
})

t.test('cut at every byte of one file, inside of letters and line ends too', async (t) => {
  const home = t.testdir()
  const line = (n: number) =>
    `{"type":"assistant","sessionId":"s","message":{"model":"modèle-日本","id":"m${n}","content":[{"type":"tool_use","id":"t${n}","name":"搜索","input":{}}],"usage":{"input_tokens":${n},"output_tokens":1}},"requestId":"r","timestamp":"2026-03-02T10:00:0${n}Z"}`
  const bytes = Buffer.from(`${line(1)}\r\n\r\n${line(2)}\n${line(3)}\r\n`)
  const truth = readWhole(home, [{ path: 'a.jsonl', agent: 'claude-code', bytes }])
  t.equal(truth.dump.rows[0]?.['calls'], 3)
  const path = join(home, 'b.jsonl')
  let wrong = 0
  for (let cut = 0; cut <= bytes.length; cut++) {
    writeFileSync(path, bytes.subarray(0, cut))
    const ledger = new Ledger()
    const file = newLogFile(path, 'claude-code')
    const readers = cut % 2 === 0 ? [scanning, parsing] : [parsing, scanning]
    readOn(file, ledger, { reader: readers[0]! })
    appendFileSync(path, bytes.subarray(cut))
    readOn(file, ledger, { reader: readers[1]! })
    if (JSON.stringify(dumpOf(ledger)) !== JSON.stringify(truth.dump)) wrong++
  }
  t.equal(wrong, 0)
  t.same(readFileSync(path), bytes)
})

t.test(
  'a line longer than the cap is passed over in bounded memory, and rejected if it is a call',
  async (t) => {
    const call = (id: string, text: Buffer | string) => [
      Buffer.from(
        `{"type":"assistant","sessionId":"s","message":{"model":"m","id":"${id}","content":[{"type":"text","text":"`,
      ),
      Buffer.from(text),
      Buffer.from(
        '"}],"usage":{"input_tokens":1,"output_tokens":1}},"requestId":"r","timestamp":"2026-03-02T10:00:00Z"}\n',
      ),
    ]
    const home = t.testdir()
    const path = join(home, 'long.jsonl')
    const long = Buffer.alloc(100 << 20, 'x')
    const parts = [...call('one', 'x'), ...call('two', long), ...call('three', 'x')]
    const user = [
      Buffer.from('{"type":"user","message":{"content":"'),
      long,
      Buffer.from('"}}\n'),
      ...call('four', 'x'),
    ]
    const fits = call('five', Buffer.alloc(LINE_CAP - 1000, 'y'))
    writeFileSync(path, Buffer.concat([...parts, ...user, ...fits]))
    for (const reader of [scanning, parsing]) {
      const file = newLogFile(path, 'claude-code')
      const ledger = new Ledger()
      const before = process.memoryUsage().rss
      let peak = 0
      readOn(file, ledger, {
        reader,
        onChunk: () => {
          peak = Math.max(peak, process.memoryUsage().rss - before)
        },
      })
      t.equal(dumpOf(ledger).rows[0]?.['calls'], 4, 'one, three, four and five')
      t.same(rejectedIn([file]), { 'longer than 32 MiB': 1 }, "two is a call, the user's line is none")
      t.equal(file.lines, 6)
      t.ok(peak < 160 << 20, `${Math.round(peak / 1048576)} MiB more while reading 232 MiB`)
    }
  },
)
