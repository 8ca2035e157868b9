// The bytes: ours are read by others' code, others' by ours, and nothing at all makes the reader throw.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import t from 'tap'
import { recordsOf, SERVICE } from '../../../../src/daemon/devices/discovery/claim.ts'
import { labelOf, labelsOf, nameOf } from '../../../../src/daemon/devices/discovery/name.ts'
import { decode, EMPTY, encode, TYPE } from '../../../../src/daemon/devices/discovery/packet.ts'
import {
  addressData,
  readAddress,
  readPointer,
  readTarget,
  readTexts,
  textData,
} from '../../../../src/daemon/devices/discovery/rdata.ts'

/** Another implementation, as the judge. */
const judge = createRequire(import.meta.url)('dns-packet') as {
  encode(packet: object): Buffer
  decode(bytes: Buffer): {
    questions: object[]
    answers: { name: string; type: string; ttl: number; data: unknown }[]
  }
}

const claim = { instance: 'kitchen laptop', host: 'abc', port: 4765, texts: ['v=1', 't=0123456789abcdef'] }
const addresses = [
  { address: '10.0.0.7', family: 4, bits: 24 },
  { address: 'fe80::1:2', family: 6, bits: 64 },
] as const
const records = recordsOf(claim, addresses)
const packet = {
  ...EMPTY,
  response: true,
  answers: [...records.shared, ...records.unique],
  additionals: records.nothingElse,
}

t.test('ours, read by another', async (t) => {
  const { answers } = judge.decode(encode(packet))
  t.match(answers, [
    { name: SERVICE, type: 'PTR', ttl: 4500, data: 'kitchen laptop._tallyd._tcp.local' },
    { name: '_services._dns-sd._udp.local', type: 'PTR', data: SERVICE },
    {
      name: 'kitchen laptop._tallyd._tcp.local',
      type: 'SRV',
      ttl: 120,
      flush: true,
      data: { port: 4765, target: 'abc.local' },
    },
    { type: 'TXT', data: [Buffer.from('v=1'), Buffer.from('t=0123456789abcdef')] },
    { name: 'abc.local', type: 'A', data: '10.0.0.7' },
    { name: 'abc.local', type: 'AAAA', data: 'fe80::1:2' },
  ])
  t.match(judge.decode(encode({ ...EMPTY, answers: records.nothingElse })).answers, [
    { type: 'NSEC', data: { rrtypes: ['TXT', 'SRV'] } },
    { type: 'NSEC', data: { rrtypes: ['A', 'AAAA'] } },
  ])
})

t.test("another's, read by us", async (t) => {
  const bytes = judge.encode({
    type: 'response',
    questions: [{ name: SERVICE, type: 'PTR' }],
    answers: [
      { name: SERVICE, type: 'PTR', ttl: 10, data: `x.${SERVICE}` },
      { name: `x.${SERVICE}`, type: 'SRV', ttl: 10, data: { port: 9, target: 'y.local' } },
      { name: 'z.local', type: 'HINFO', ttl: 10, data: { cpu: 'a', os: 'b' } },
      { name: `x.${SERVICE}`, type: 'TXT', ttl: 10, data: ['a=1', 'A=2', 'flag', '=x'] },
    ],
  })
  const read = decode(bytes)!
  t.same(read.questions, [{ name: SERVICE, type: TYPE.PTR, unicast: false }])
  const [ptr, srv, txt, ...more] = read.answers
  t.same(more, [], 'what we do not know is passed over')
  t.equal(readPointer(ptr!.data), `x.${SERVICE}`)
  t.same(readTarget(srv!.data), { host: 'y.local', port: 9 })
  t.same([...readTexts(txt!.data)], [['a', '1']])
})

t.test('what is written is read again', async (t) => {
  const { answers } = decode(encode(packet))!
  t.same(answers, packet.answers)
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), { maxLength: 3 }),
      (texts) => {
        const labels = texts.map((text) => labelOf(text)).filter((label) => label !== '')
        const name = nameOf(...labels)
        t.same(labelsOf(name), labels)
        const [question] = decode(
          encode({ ...EMPTY, questions: [{ name, type: 12, unicast: true }] }),
        )!.questions
        t.equal(question?.name, name)
      },
    ),
  )
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const data = addressData(address)
      t.same(addressData(readAddress(data)), data)
    }),
  )
})

t.test('names are compressed', async (t) => {
  t.ok(encode(packet).length < 420, `${encode(packet).length} bytes`)
})

t.test('labels too long for the wire', async (t) => {
  t.equal(Buffer.byteLength(labelOf('ü'.repeat(60))), 62)
  t.throws(
    () => encode({ ...EMPTY, questions: [{ name: 'x'.repeat(64), type: 1, unicast: false }] }),
    RangeError,
  )
})

t.test('nothing makes the reader throw or linger', async (t) => {
  const honest = encode(packet)
  const began = performance.now()
  let read = 0
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      if (decode(Buffer.from(bytes)) !== null) read++
    }),
    { numRuns: 3_000 },
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(honest.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(honest.length), { freq: 2 }),
      (changes, length) => {
        const bytes = Buffer.from(honest)
        for (const [at, value] of changes) bytes[at] = value
        const found = decode(bytes.subarray(0, length ?? bytes.length))
        if (found === null) return
        read++
        for (const { type, data } of [...found.answers, ...found.additionals]) {
          if (type === TYPE.SRV) readTarget(data)
          if (type === TYPE.PTR) readPointer(data)
          if (type === TYPE.TXT) readTexts(data)
        }
        // What was read can be written: questions and names go out again.
        encode(found)
      },
    ),
    { numRuns: 5_000 },
  )
  t.ok(read > 100, `${read} of them could be read`)
  t.ok(performance.now() - began < 30_000)
})

t.test('what promises more than it holds, points at itself, or is too large', async (t) => {
  const header = (counts: string) => Buffer.from(`00008400${counts}`, 'hex')
  t.equal(decode(header('0000ffff00000000')), null)
  t.equal(decode(header('0000000100000000')), null)
  t.equal(decode(Buffer.from('000000000001000000000000c00c000c0001', 'hex')), null, 'a pointer at itself')
  t.equal(decode(Buffer.from('000000000001000000000000c0ff000c0001', 'hex')), null, 'a pointer forwards')
  t.equal(decode(Buffer.concat([encode(packet), Buffer.alloc(9_000)])), null)
  const crowd = Array.from({ length: 201 }, () => ({ name: 'a.local', type: 1, unicast: false }))
  t.equal(decode(encode({ ...EMPTY, questions: crowd })), null)
  t.equal(decode(encode({ ...EMPTY, questions: crowd.slice(1) }))?.questions.length, 200)
  const odd = encode({ ...EMPTY, questions: [{ name: `${'x'.repeat(63)}.local`, type: 1, unicast: false }] })
  t.equal(decode(odd.fill(0xff, 13, 76)), null, 'not UTF-8: as text it is longer than a label may be')
  t.equal(decode(Buffer.from('0000a8000000000000000000', 'hex')), null, 'another opcode')
  t.equal(decode(Buffer.from('000084030000000000000000', 'hex')), null, 'an error')
  // Sixteen jumps at most: each name points at the one before.
  const names = [Buffer.from('000000000028000000000000016100000c0001', 'hex')]
  for (let at = 12, index = 0; index < 39; index++) {
    const next = Buffer.from([1, 98, 0xc0, at, 0, 12, 0, 1])
    names.push(next)
    at = index === 0 ? 19 : at + 8
  }
  t.equal(decode(Buffer.concat(names)), null)
  t.same(textData(['a=1']), Buffer.from('\x03a=1'))
})
