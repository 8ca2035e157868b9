// The ceremony's messages: what fits the contract comes through, nothing else does.
import fc from 'fast-check'
import t from 'tap'
import { LONGEST_CEREMONY_MESSAGE } from '../../../src/contract/ceremony.ts'
import { ceremonyBegunBy, decoded, encoded, readMessage } from '../../../src/daemon/ceremony/message.ts'

const B32 = encoded(Buffer.alloc(32, 7))
const B65 = encoded(Buffer.alloc(65, 7))
const TOKEN = `tallyd_${B32}`

const GOOD: readonly object[] = [
  { type: 'start', version: 1, direction: 'mutual', name: 'größer 机' },
  { type: 'start', version: 65_535, direction: 'give', name: 'x'.repeat(64) },
  { type: 'commitment', direction: 'read', commitment: B32 },
  { type: 'nonce', nonce: B32 },
  { type: 'yes' },
  { type: 'shareP', version: 1, direction: 'mutual', share: B65 },
  { type: 'shareV', direction: 'mutual', share: B65, confirmation: B32 },
  { type: 'confirmP', confirmation: B32 },
  { type: 'token', name: 'laptop', port: 4765, token: TOKEN },
  { type: 'token', name: 'laptop', port: 4765, token: null },
  { type: 'done' },
  { type: 'abort', reason: 'wrongCode' },
]

t.test('every message of the contract comes through as it is', async (t) => {
  for (const message of GOOD) t.same(readMessage(JSON.stringify(message)), message)
  t.same(GOOD.map((each) => ceremonyBegunBy(each as never)).filter(Boolean), ['compare', 'compare', 'code'])
  t.equal(ceremonyBegunBy(null), null)
})

t.test('what differs by a key, a type, a length or a character does not', async (t) => {
  for (const message of GOOD) {
    const entries = Object.entries(message)
    const bad: object[] = [{ ...message, more: 1 }, { ...message, type: 'other' }, [message]]
    for (const [key, value] of entries) {
      bad.push(Object.fromEntries(entries.filter(([each]) => each !== key)))
      for (const other of [1.5, true, [], {}, '', 'x', [value], '\u0000', -1, 2 ** 53])
        bad.push({ ...message, [key]: other })
      if (typeof value === 'string' && key !== 'name') bad.push({ ...message, [key]: `${value}A` })
    }
    for (const each of bad) {
      const isName = JSON.stringify(each).includes('"name":"x"')
      if (!isName && readMessage(JSON.stringify(each)) !== null) t.fail(JSON.stringify(each))
    }
  }
  for (const text of [
    '',
    '{',
    'null',
    '1',
    '"yes"',
    '[]',
    '{"type":"yes","__proto__":{}}',
    '{"__proto__":{"type":"yes"}}',
  ]) {
    t.equal(readMessage(text), null, text)
  }
})

t.test('names without control characters, line separators or turned writing', async (t) => {
  const named = (name: string) =>
    readMessage(JSON.stringify({ type: 'token', name, port: null, token: null }))
  for (const name of [
    '\u001b[31m',
    'a\nb',
    'a\u0085',
    'a\u2028b',
    'a\u202eb',
    'a\u2066b',
    'a\u007f',
    '',
    'x'.repeat(65),
  ]) {
    t.equal(named(name), null, encodeURIComponent(name.slice(0, 9)))
  }
})

t.test('a message that is too long is not parsed', async (t) => {
  const spaces = (length: number) => JSON.stringify({ type: 'yes' }).padEnd(length)
  t.same(readMessage(spaces(LONGEST_CEREMONY_MESSAGE)), { type: 'yes' })
  t.equal(readMessage(spaces(LONGEST_CEREMONY_MESSAGE + 1)), null)
  const longest = { type: 'token', name: '\u{1f984}'.repeat(64), port: 65_535, token: TOKEN }
  t.same(readMessage(JSON.stringify(longest)), longest, 'and the longest that fits the contract is')
})

t.test('bytes have one form: what was decoded encodes to the same text', async () => {
  fc.assert(
    fc.property(
      fc.oneof(...[32, 65].map((size) => fc.uint8Array({ minLength: size, maxLength: size }))),
      (bytes) => {
        return Buffer.compare(decoded(encoded(bytes)), bytes) === 0 && !/[+/=]/.test(encoded(bytes))
      },
    ),
  )
  for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const nonce = B32.slice(0, -1) + last
    const isCanonical = encoded(decoded(nonce)) === nonce
    const message = readMessage(JSON.stringify({ type: 'nonce', nonce }))
    if ((message !== null) !== isCanonical) throw new Error(nonce)
  }
})

t.test('no text makes it throw', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"type":')), (text) => {
      readMessage(text)
      return true
    }),
  )
})
