// Reading a line from its bytes tells what parsing it tells, or nothing: held against each other on lines of every sort.
import fc from 'fast-check'
import t from 'tap'
import { keyOf, keyOfBytes } from '../../../../src/daemon/usage/ledger/hash.ts'
import { timeAt } from '../../../../src/daemon/usage/sources/byte-values.ts'
import { time } from '../../../../src/daemon/usage/sources/fields.ts'
import { ODD } from '../../../../src/daemon/usage/sources/json-bytes.ts'
import { Outline } from '../../../../src/daemon/usage/sources/outline.ts'
import { type AnySource, HEAD_BYTES } from '../../../../src/daemon/usage/sources/source.ts'
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
    const line = JSON.stringify(shuffled, null, form === 20 ? 1 : undefined).replaceAll('\n', ' ')
    return twice === null ? line : doubled(line, twice)
  })

const anyLine = fc.oneof(
  fc.oneof(written, written, realLine, mutated(realLine)).map((line) => Buffer.from(line)),
  damaged(written),
  damaged(realLine),
)

/** The line with what strings must not hold taken out: a scan does not look into long strings that nobody counts. */
function repaired(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"/gs, (string) =>
    string
      .replace(/\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})|\\./g, (found) => (found.length === 1 ? '\\\\' : found))
      .replace(/[\0-\x1f]/g, ' '),
  )
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** What sorting and parsing make of the line. */
function parsed(source: AnySource, line: string, memory: unknown) {
  const verdict = source.sort(line.slice(0, HEAD_BYTES))
  const isRead = verdict === 'read' || (verdict === 'search' && line.includes(source.marker))
  return isRead
    ? source.read(isJson(line) ? line : repaired(line), memory, { now: NOW })
    : { memory, events: [] }
}

const taken = { told: 0, skipped: 0, odd: 0 }

/** Holds what scanning and parsing tell of these lines of one file against each other. Throws where they differ. */
function compare(source: AnySource, lines: readonly Uint8Array[]): void {
  const kept = lines.map((line) => Buffer.from(line.filter((byte) => byte !== 10)))
  const bytes = Buffer.concat(kept.flatMap((line) => [line, Buffer.from('\n')]))
  let memory = source.begin('/s.jsonl')
  let from = 0
  for (const line of kept) {
    const end = from + line.length
    const text = line.toString('latin1')
    const other = parsed(source, text, memory)
    const one = source.scan!(bytes, from, end, memory, { now: NOW })
    if (one === null) taken.odd++
    else if (one === 'skip') {
      taken.skipped++
      if (other.events.length > 0 || JSON.stringify(other.memory) !== JSON.stringify(memory))
        throw new Error(`skipped: ${text}`)
    } else {
      taken.told++
      if (JSON.stringify(one) !== JSON.stringify(other))
        throw new Error(`${text}\n${JSON.stringify(one)}\n${JSON.stringify(other)}`)
    }
    memory = other.memory
    from = end + 1
  }
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
    fc.property(fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 60 }), (prefix, bytes) => {
      const one = keyOfBytes(prefix, bytes, 0, bytes.length)
      const other = keyOf(prefix + Buffer.from(bytes).toString('latin1'))
      return one.a === other.a && one.b === other.b
    }),
  )
})

t.test('the time of bytes is the time of their text', async (t) => {
  const outline = new Outline()
  const slot = outline.plain('at')
  const at = (text: string) => {
    const bytes = Buffer.from(`{"at":"${text}"}\n`)
    return outline.walk(bytes, 0) < 0 ? ODD : timeAt(bytes, outline, slot, NOW)
  }
  const usual = fc.date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date(NOW), noInvalidDate: true })
  fc.assert(fc.property(usual, (date) => at(date.toISOString()) === time(date.toISOString(), NOW)))
  const digits = (length: number) => fc.nat(10 ** length - 1).map((n) => `${n}`.padStart(length, '0'))
  const odd = fc
    .tuple(fc.constantFrom('2026', '2024'), digits(2), digits(2), digits(2), digits(2), digits(2), digits(3))
    .map(([year, month, day, h, m, s, ms]) => `${year}-${month}-${day}T${h}:${m}:${s}.${ms}Z`)
  fc.assert(
    fc.property(odd, (text) => {
      const found = at(text)
      return found === ODD || found === time(text, NOW)
    }),
    { numRuns: 5000 },
  )
  t.equal(at('2026-03-02T10:00:00.5Z'), ODD)
})

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
    const source = SOURCES.find((source) => source.sort(line) === 'read')!
    const memory = source.begin('/s.jsonl')
    const bytes = Buffer.from(`${line}\n"}\n`)
    const one = source.scan!(bytes, 0, line.length, memory, { now: NOW })
    t.equal(one !== null, taken, name)
    if (taken) t.same(one, source.read(line, memory, { now: NOW }), name)
  }
})
