// Reading a line of Claude Code the short way tells what reading it whole tells.
import fc from 'fast-check'
import t from 'tap'
import { claudeCode } from '../../../../src/daemon/usage/sources/claude-code.ts'
import { skim } from '../../../../src/daemon/usage/sources/claude-skim.ts'
import { NOW } from '../log-folder.ts'

/** Texts that look like the places where the short way cuts. */
const trap = fc.constantFrom(
  '"content":[',
  '],"stop_reason":',
  'tool_use"',
  '{"type":"tool_use","id":"x","name":"Bash",',
  '"usage":{"input_tokens":9}',
  '}]}',
  '\\',
  '"',
  'plain',
  '日本',
)
const text = fc.array(trap, { maxLength: 4 }).map((parts) => parts.join(''))

const json = fc.oneof(
  text,
  fc.record({ command: text }),
  fc.record({ content: fc.array(text, { maxLength: 2 }), stop_reason: fc.constant(null) }),
  fc.record({ type: fc.constant('tool_use'), id: text, name: fc.constant('Edit'), input: fc.constant({}) }),
)

const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
  fc.record({
    type: fc.constantFrom('tool_use', 'server_tool_use'),
    id: fc.oneof(fc.constantFrom('toolu_1', 'toolu_2'), text),
    name: fc.oneof(fc.constantFrom('Bash', 'bash', 'shell', 'Shell', 'exec_command', 'Edit', 'Read'), text),
    input: fc.oneof(json, fc.record({ command: fc.constantFrom('npm test', 'git commit', 'ls') })),
  }),
  // Other orders of keys.
  fc.record({
    name: fc.constant('Edit'),
    id: fc.constant('toolu_3'),
    type: fc.constant('tool_use'),
    input: json,
  }),
)

const line = fc
  .record({
    content: fc.oneof(fc.array(block, { maxLength: 3 }), text),
    stopReason: fc.constantFrom('before', 'after', 'none'),
    extra: fc.option(json),
    isSidechain: fc.boolean(),
    spaced: fc.constantFrom(false, false, false, true),
  })
  .map(({ content, stopReason, extra, isSidechain, spaced }) => {
    const usage = { input_tokens: 1, output_tokens: 2 }
    const message = {
      model: 'm',
      id: 'msg_1',
      ...(stopReason === 'before' ? { stop_reason: null } : {}),
      content,
      ...(stopReason === 'after' ? { stop_reason: 'end_turn' } : {}),
      usage,
    }
    const head = {
      isSidechain,
      sessionId: 's',
      ...(extra === null ? {} : { extra }),
      type: 'assistant',
      message,
    }
    const whole = { ...head, requestId: 'req_1', timestamp: '2026-03-02T10:00:00Z' }
    return Buffer.from(JSON.stringify(whole, null, spaced ? 1 : undefined).replaceAll('\n', ' ')).toString(
      'latin1',
    )
  })

/** The same line with a key in front that makes the short way give up. */
function whole(line: string): string {
  return line.replace(/"stop_reason"/g, '"\\u0073top_reason"')
}

t.test('both ways tell the same', async (t) => {
  let short = 0
  fc.assert(
    fc.property(line, (line) => {
      const begin = claudeCode.begin('/s.jsonl')
      if (skim(whole(line)) !== null) throw new Error('this line is not read whole')
      if (skim(line) !== null) short++
      const one = JSON.stringify(claudeCode.read(line, begin, { now: NOW }))
      const other = JSON.stringify(claudeCode.read(whole(line), begin, { now: NOW }))
      if (one !== other) throw new Error(`${one}\n${other}`)
    }),
    { numRuns: 10_000 },
  )
  t.ok(short > 300, `the short way was taken by ${short} lines`)
})
