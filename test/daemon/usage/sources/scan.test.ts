// Scanning a line tells what parsing it tells, or leaves it to be parsed: held against each other on lines of every sort.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { keyOf, keyOfBytes } from '../../../../src/daemon/usage/ledger/hash.ts'
import { LINE } from '../../../../src/daemon/usage/sources/found.ts'
import { KnownNames } from '../../../../src/daemon/usage/sources/known-names.ts'
import { Scanner } from '../../../../src/daemon/usage/sources/scanner.ts'
import { type AnySource, HEAD_BYTES, type Told } from '../../../../src/daemon/usage/sources/source.ts'
import { SOURCES } from '../../../../src/daemon/usage/sources/sources.ts'
import { NOW } from '../log-folder.ts'
import { damaged, mutated, oddValue, realLine } from './any-lines.ts'

/** Texts that look like structure. */
const trap = fc.constantFrom(
  '"content":[',
  '],"stop_reason":',
  'tool_use"',
  '"usage":{"input_tokens":9}',
  '}]}',
  '\\',
  '"',
  '日本',
  '\t',
  'a'.repeat(60),
)
const text = fc.array(trap, { maxLength: 4 }).map((parts) => parts.join(''))
const json = fc.oneof(
  text,
  oddValue,
  fc.record({ command: text }),
  fc.record({ content: fc.array(text, { maxLength: 2 }) }),
)
const command = fc.constantFrom('npm test', 'git commit', 'ls', 'echo "x" && make')
const tool = fc.oneof(fc.constantFrom('Bash', 'shell', 'exec_command', 'Edit', 'Read', 'apply_patch'), text)
const id = fc.oneof(fc.constantFrom('id_1', 'id_2'), text)
const number = fc.oneof(
  { weight: 9, arbitrary: fc.nat(500_000) },
  { weight: 1, arbitrary: fc.oneof(oddValue, fc.double()) },
)
const stamp = fc.constantFrom(
  '2026-03-02T10:00:00.123Z',
  '2026-03-02T10:00:01.000Z',
  '2026-03-02T10:00:00Z',
  '2026-02-31T10:00:00.000Z',
  '2029-01-01T00:00:00.000Z',
  '2026-03-02T25:00:00.000Z',
)

const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
  fc.record(
    {
      type: fc.constantFrom('tool_use', 'server_tool_use'),
      id,
      name: tool,
      input: fc.oneof(json, fc.record({ command })),
    },
    { requiredKeys: ['type'] },
  ),
  json,
)

const claudeLine = fc.record(
  {
    type: fc.constantFrom('assistant', 'assistant', 'assistant', 'user', null),
    sessionId: id,
    isSidechain: fc.boolean(),
    requestId: id,
    uuid: id,
    timestamp: stamp,
    extra: json,
    message: fc.record(
      {
        model: fc.constantFrom('m', 'claude-opus-4-8', '<synthetic>', 'modèle', null, ''),
        id,
        content: fc.oneof(fc.array(block, { maxLength: 3 }), text),
        stop_reason: fc.constantFrom(null, 'end_turn'),
        usage: fc.record(
          {
            input_tokens: number,
            output_tokens: number,
            cache_read_input_tokens: number,
            cache_creation_input_tokens: number,
            cache_creation: fc.record({
              ephemeral_5m_input_tokens: number,
              ephemeral_1h_input_tokens: number,
            }),
            server_tool_use: fc.oneof(fc.record({ web_search_requests: number }), fc.constant(null)),
          },
          { requiredKeys: ['input_tokens'] },
        ),
      },
      { requiredKeys: ['model', 'usage'] },
    ),
  },
  { requiredKeys: ['type', 'message', 'timestamp'] },
)

const usage = fc.record(
  {
    input_tokens: number,
    cached_input_tokens: number,
    output_tokens: number,
    reasoning_output_tokens: number,
    total_tokens: number,
  },
  { requiredKeys: ['input_tokens'] },
)
const payload = fc.oneof(
  fc.record({
    type: fc.constant('token_count'),
    info: fc.oneof(
      fc.constant(null),
      fc.record(
        { total_token_usage: usage, last_token_usage: usage },
        { requiredKeys: ['last_token_usage'] },
      ),
    ),
    rate_limits: json,
  }),
  fc.record(
    {
      type: fc.constantFrom('function_call', 'custom_tool_call', 'local_shell_call'),
      name: tool,
      call_id: id,
      arguments: fc.oneof(command, text),
      input: text,
      action: fc.record({ command: json }),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ type: fc.constantFrom('task_started', 'agent_message', 'message'), text }),
  fc.record(
    { turn_id: id, model: fc.constantFrom('gpt-5.5', 'm', '', null), user_instructions: text },
    { requiredKeys: ['turn_id'] },
  ),
)
const codexLine = fc.record({
  timestamp: stamp,
  type: fc.constantFrom('event_msg', 'response_item', 'turn_context', 'session_meta', 'compacted'),
  payload,
})

/** The keys of every object in another order, where `swap` says so. */
function reordered(value: unknown, swap: () => boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => reordered(each, swap))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, reordered(each, swap)] as const)
  return Object.fromEntries(swap() ? entries.reverse() : entries)
}

/** One pair of the line written twice, with another value the second time. */
function doubled(line: string, at: number): string {
  const pairs = [...line.matchAll(/[{,]("[a-z_A-Z]+":(?:"[^"\\]*"|\d+|null))/g)]
  const pair = pairs[at % Math.max(1, pairs.length)]
  if (pair === undefined) return line
  const behind = pair.index + pair[0].length
  return `${line.slice(0, behind)},${pair[1]!.replace(/\d+$/, '7')}${line.slice(behind)}`
}

const ODD_STARTS = ['{"n":1e5,', '{"n":-1.5E+5,', '{"n":01,', '{"n":[],', '{ ', '{"n":"\\"",', '{"n":1.,']

const written = fc
  .record({
    value: fc.oneof<fc.Arbitrary<unknown>[]>(claudeLine, codexLine),
    swaps: fc.nat(2 ** 20),
    form: fc.nat(20),
    twice: fc.option(fc.nat(100), { freq: 8 }),
  })
  .map(({ value, swaps, form, twice }) => {
    let turn = 0
    const shuffled = form < 5 ? reordered(value, () => ((swaps >> (turn++ % 20)) & 1) === 1) : value
    const text = JSON.stringify(shuffled, null, form === 20 ? 1 : undefined).replaceAll('\n', ' ')
    // What no agent writes before a line's type.
    const line = form === 19 ? text.replace('{', ODD_STARTS[swaps % ODD_STARTS.length]!) : text
    return twice === null ? line : doubled(line, twice)
  })

const anyLine = fc.oneof(
  fc.oneof(written, written, realLine, mutated(realLine)).map((line) => Buffer.from(line)),
  damaged(written),
  damaged(realLine),
)

/** What sorting and parsing make of the line. */
function parsed(source: AnySource, line: string, memory: unknown): Told<unknown> {
  const verdict = source.sort(line.slice(0, HEAD_BYTES))
  const isRead = verdict === 'read' || (verdict === 'search' && line.includes(source.marker))
  return isRead ? source.read(line, memory, { now: NOW }) : { memory, events: [] }
}

const scanner = new Scanner()
const taken = { told: 0, skipped: 0, odd: 0 }

/** The lines of one file, as the scanner has them in front of it: each with its line feed, and something else behind the last. */
function laidOut(lines: readonly Uint8Array[]): { bytes: Buffer; length: number } {
  const whole = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  const bytes = scanner.room(whole.length + 100)
  whole.copy(bytes)
  bytes.fill('"}\\', whole.length)
  return { bytes, length: whole.length }
}

/** Holds what scanning and parsing tell of these lines of one file against each other. Throws where they differ. */
function compare(source: AnySource, lines: readonly Uint8Array[]): void {
  const kept = lines.map((line) => Buffer.from(line.filter((byte) => byte !== 10)))
  const { length } = laidOut(kept)
  const { form, told } = source.scan!
  if (scanner.scan(form, 0, length, NOW) !== length) throw new Error('it stopped before the end')
  if (scanner.lines !== kept.length) throw new Error(`${scanner.lines} lines of ${kept.length}`)
  let memory = source.begin('/s.jsonl')
  const { found } = scanner
  let isFound = found.next()
  let from = 0
  for (const [index, line] of kept.entries()) {
    const text = line.toString('latin1')
    const other = parsed(source, text, memory)
    const isHere = isFound && found.line === index + 1
    if (!isHere) {
      taken.skipped++
      if (other.events.length > 0 || other.rejected !== undefined || !isSame(other.memory, memory))
        throw new Error(`skipped: ${text}`)
    } else if (found.kind === LINE) {
      taken.odd++
      if (found.word(2) !== from || found.word(3) !== from + line.length)
        throw new Error(`elsewhere: ${text}`)
    } else {
      taken.told++
      const one = told(found, memory)
      if (!isSame(one, other)) throw new Error(`${text}\n${JSON.stringify(one)}\n${JSON.stringify(other)}`)
    }
    if (isHere) isFound = found.next()
    memory = other.memory
    from += line.length + 1
  }
  if (isFound) throw new Error('something was found behind the last line')
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

const RUNS = Number(process.env['SCAN_RUNS'] ?? 6000)

t.test('scanned and parsed, a line tells the same', async (t) => {
  Object.assign(taken, { told: 0, skipped: 0, odd: 0 })
  const anyLines = fc.array(anyLine, { minLength: 1, maxLength: 5 })
  for (const source of SOURCES)
    fc.assert(
      fc.property(anyLines, (lines) => compare(source, lines)),
      { numRuns: RUNS },
    )
  t.ok(taken.told > 2000 && taken.skipped > 2000 && taken.odd > 2000, JSON.stringify(taken))
})

/** One value of the line, at any place, is another. */
function varied(line: string, [at, value]: readonly [number, string]): string {
  const values = [...line.matchAll(/:("(?:[^"\\]|\\.)*"|-?[\d.e+]+|null|true|false)(?=[,}])/g)]
  const found = values[at % Math.max(1, values.length)]
  if (found === undefined) return line
  const start = found.index + 1
  return line.slice(0, start) + value + line.slice(start + found[1]!.length)
}

const variation = fc.tuple(
  fc.nat(40),
  fc.constantFrom('7', '12', '""', '"id_2"', '"a\\"b"', 'null', '{}', '[1]', '{"a":1}', '"user"', '"', '0x'),
)

t.test('a line that is nearly as the lines before it tells what parsing it tells', async (t) => {
  Object.assign(taken, { told: 0, skipped: 0, odd: 0 })
  const alike = fc
    .tuple(fc.oneof(written, realLine), fc.array(fc.option(variation, { freq: 8 }), { maxLength: 4 }))
    .map(([line, changes]) =>
      changes.flatMap((change) => [
        Buffer.from(line),
        Buffer.from(line),
        Buffer.from(change === null ? line.slice(0, -2) : varied(line, change)),
      ]),
    )
  for (const source of SOURCES)
    fc.assert(
      fc.property(alike, (lines) => compare(source, lines)),
      { numRuns: RUNS },
    )
  t.ok(taken.told > 2000 && taken.skipped > 2000 && taken.odd > 500, JSON.stringify(taken))
})

t.test('the key of bytes is the key of their text', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
      isSame(keyOfBytes(bytes), keyOf(Buffer.from(bytes).toString('latin1'))),
    ),
  )
})

t.test('every time, count and id of any length: told as parsed, or left to be parsed', async (t) => {
  Object.assign(taken, { told: 0, skipped: 0, odd: 0 })
  const digits = (length: number) => fc.nat(10 ** length - 1).map((n) => `${n}`.padStart(length, '0'))
  const usual = fc
    .date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date(NOW), noInvalidDate: true })
    .map((date) => date.toISOString())
  const odd = fc
    .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), digits(3))
    .map(([year, month, day, h, m, s, ms]) => `${year}-${month}-${day}T${h}:${m}:${s}.${ms}Z`)
  const lastDays = fc
    .tuple(
      fc.integer({ min: 2020, max: 2026 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 27, max: 32 }),
    )
    .map(([year, month, day]) => `${year}-${`${month}`.padStart(2, '0')}-${day}T23:59:59.999Z`)
  const tokens = fc.oneof(fc.nat(), fc.integer({ min: 0xffff_fff0, max: 0x1_0000_000f }), fc.constant(null))
  const anyId = fc.nat(300).map((length) => 'é-0123456789abcdef'.repeat(20).slice(0, length))
  const call = fc.record({
    at: fc.oneof(usual, odd, lastDays),
    input: tokens,
    output: tokens,
    id: anyId,
    session: anyId,
  })
  const lines = fc
    .array(call, { minLength: 1, maxLength: 3 })
    .map((calls) =>
      calls.flatMap(({ at, input, output, id, session }) => [
        `{"type":"assistant","sessionId":"${session}","message":{"id":"${id}","model":"m","usage":{"input_tokens":${input},"output_tokens":${output}}},"requestId":"${id}","timestamp":"${at}"}`,
        `{"timestamp":"${at}","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":${input},"output_tokens":${output}},"last_token_usage":{"input_tokens":${output}}}}}`,
      ]),
    )
  for (const source of SOURCES)
    fc.assert(
      fc.property(lines, (lines) =>
        compare(
          source,
          lines.map((line) => Buffer.from(line)),
        ),
      ),
      { numRuns: 3000 },
    )
  t.ok(taken.told > 2000 && taken.odd > 500, JSON.stringify(taken))
})

t.test('more than fits what is found at once is found in several turns', async (t) => {
  const line = `{"timestamp":"2026-03-02T10:00:00.000Z","type":"event_msg","payload":{"type":"task_started"}}`
  const { length } = laidOut(Array.from({ length: 40_000 }, () => Buffer.from(line)))
  let [from, lines, found, turns] = [0, 0, 0, 0]
  while (from < length) {
    from = scanner.scan('codex', from, length, NOW)
    lines += scanner.lines
    while (scanner.found.next()) found++
    turns++
  }
  t.same({ from, lines, found }, { from: length, lines: 40_000, found: 40_000 })
  t.ok(turns > 1, `${turns} turns`)
})

t.test(
  'escapes, whatever they are and wherever they lie, end a string where JSON.parse ends it',
  async (t) => {
    Object.assign(taken, { told: 0, skipped: 0, odd: 0 })
    const piece = fc.constantFrom(
      '\\"',
      '\\\\',
      '\\n',
      '\\u00e9',
      '\\u00g9',
      '\\x',
      '"',
      '\t',
      'a',
      'ab cdefghijklmno',
      '日本',
    )
    const texts = fc.array(fc.array(piece, { maxLength: 40 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(texts, (texts) =>
        compare(
          SOURCES.find(({ agent }) => agent === 'claude-code')!,
          texts.map((text) =>
            Buffer.from(
              `{"type":"assistant","x":"${text.join('')}","message":{"id":"i","model":"m","usage":{"input_tokens":1}},"timestamp":"2026-03-02T10:00:00.000Z"}`,
            ),
          ),
        ),
      ),
      { numRuns: 6000 },
    )
    t.ok(taken.told > 500 && taken.odd > 500, JSON.stringify(taken))
  },
)

t.test('what a scan must see', async (t) => {
  const claude = (usage: string, rest = '') =>
    `{"type":"assistant","sessionId":"s","message":{"id":"i","model":"m","content":[{"type":"text","text":"${'a'.repeat(60)}\\\\"}],${usage}},"requestId":"r","timestamp":"2026-03-02T10:00:00.000Z"${rest}}`
  const usage = '"usage":{"input_tokens":1,"output_tokens":5}'
  const shell = (action: string) =>
    `{"timestamp":"2026-03-02T10:00:00.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","call_id":"c","arguments":"npm test"${action}}}`
  const cases = [
    { name: 'a usual line', line: claude(usage), taken: true },
    { name: 'the largest count', line: claude('"usage":{"input_tokens":4294967295}'), taken: true },
    { name: 'a larger one', line: claude('"usage":{"input_tokens":4294967296}'), taken: false },
    {
      name: 'a number with an exponent in front of two types',
      line: claude(usage).replace('{', '{"n":1e5,"type":"user",'),
      taken: false,
    },
    { name: 'usage told twice', line: claude(`${usage},"usage":{"input_tokens":2}`), taken: false },
    { name: 'a key with an escape', line: claude('"us\\u0061ge":{"input_tokens":1}'), taken: false },
    {
      name: 'an end in the next line',
      line: claude(usage, `,"x":"${'b'.repeat(60)}`).slice(0, -1),
      taken: false,
    },
    { name: 'a shell call', line: shell(''), taken: true },
    { name: 'a command elsewhere', line: shell(',"action":{"command":["ls"]}'), taken: false },
  ]
  for (const { name, line, taken } of cases) {
    const source = SOURCES.find(
      ({ agent }) => agent === (line.includes('"payload"') ? 'codex' : 'claude-code'),
    )!
    const memory = source.begin('/s.jsonl')
    const { length } = laidOut([Buffer.from(line), Buffer.from('"}')])
    const { form, told } = source.scan!
    scanner.scan(form, 0, length, NOW)
    const { found } = scanner
    t.ok(found.next(), name)
    t.equal(found.kind !== LINE, taken, name)
    if (taken) t.same(told(found, memory), source.read(line, memory, { now: NOW }), name)
  }
})

t.test('a name without end is not remembered', async (t) => {
  const long = 'm'.repeat(5_000_000)
  const names = new KnownNames('unknown')
  const bytes = Buffer.from(long)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().rss
  const kept = Array.from({ length: 40 }, (_, less) => names.at(bytes, less, bytes.length))
  collect()
  t.ok(kept.every((name) => name === 'm'.repeat(200)))
  t.ok(process.memoryUsage().rss - before < 60 << 20, 'of 200 MB')
})

t.test('where there can be no scanner, every line is parsed', async (t) => {
  t.type(Scanner.ifPossible(), Scanner)
  const shard = pathToFileURL(join(process.cwd(), 'build/src/daemon/usage/index/shard.js')).href
  const folder = new URL('..', shard)
  const log = join(process.cwd(), 'test/daemon/usage/fixtures/claude-code/streamed-lines/.claude/projects')
  const script = `
    const { readShard } = await import(${JSON.stringify(shard)})
    const { Ledger } = await import(${JSON.stringify(new URL('ledger/ledger.js', folder).href)})
    const { newLogFile } = await import(${JSON.stringify(new URL('index/log-file.js', folder).href)})
    const { readdirSync } = await import('node:fs')
    const files = readdirSync(${JSON.stringify(log)}, { recursive: true }).filter((name) => name.endsWith('.jsonl'))
    const ledger = new Ledger()
    ledger.registerOnly()
    const logs = files.map((name) => newLogFile(${JSON.stringify(`${log}/`)} + name, 'claude-code'))
    readShard(ledger, () => logs.pop(), { now: ${NOW}, onBytes() {}, onFile() {}, onFailure(_, code) { throw new Error(code) } })
    console.log(ledger.register.calls.table.length)`
  const counted = (...flags: string[]) =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' })
  t.equal(counted('--jitless'), counted())
  t.ok(Number(counted()) > 0)
})
