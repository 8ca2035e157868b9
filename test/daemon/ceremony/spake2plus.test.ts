// SPAKE2+ against RFC 9383's vectors, and against points and scalars that an attacker would send.
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import t from 'tap'
import { secretsOf } from '../../../src/daemon/ceremony/code-secrets.ts'
import {
  BadShare,
  confirmationOf,
  finishProver,
  finishVerifier,
  keySchedule,
  RANDOM_BYTES,
  registrationOf,
  requireShare,
  scalarFrom,
  secretsFrom,
  shareOfProver,
  shareOfVerifier,
  transcriptOf,
  withLengths,
} from '../../../src/daemon/ceremony/spake2plus.ts'
import { VECTORS } from './rfc9383.ts'

const { Point } = p256
const ORDER = Point.Fn.ORDER
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const number = (hex: string) => BigInt(`0x${hex}`)

for (const vector of VECTORS) {
  t.test(`RFC 9383 Appendix C: ${vector.context}`, async (t) => {
    const [w0, w1, x, y] = [number(vector.w0), number(vector.w1), number(vector.x), number(vector.y)]
    const [shareP, shareV] = [shareOfProver(w0, x), shareOfVerifier(w0, y)]
    t.equal(hex(shareP), vector.shareP)
    t.equal(hex(shareV), vector.shareV)
    t.equal(hex(registrationOf(w1)), vector.L)
    const atProver = finishProver({ w0, w1 }, x, shareV)
    const atVerifier = finishVerifier(w0, bytes(vector.L), y, shareP)
    for (const { z, v } of [atProver, atVerifier]) t.same([hex(z), hex(v)], [vector.Z, vector.V])
    const setting = {
      context: Buffer.from(vector.context),
      prover: Buffer.from('client'),
      verifier: Buffer.from('server'),
    }
    const transcript = transcriptOf(setting, { shareP, shareV, ...atProver }, w0)
    t.equal(hex(createHash(vector.hash).update(transcript).digest()), vector.main)
    const keys = keySchedule(transcript, vector.hash, vector.macKey)
    t.equal(hex(keys.confirmP), vector.confirmKeyP)
    t.equal(hex(keys.confirmV), vector.confirmKeyV)
    t.equal(hex(keys.shared), vector.shared)
    const mac = (key: Buffer, share: Uint8Array) =>
      vector.mac === 'hmac' ? confirmationOf(key, share, vector.hash) : cmac(key, share)
    t.equal(hex(mac(keys.confirmP, shareV)), vector.confirmP)
    t.equal(hex(mac(keys.confirmV, shareP)), vector.confirmV)
    if (vector === VECTORS[0]) t.same(keySchedule(transcript), keys, 'this suite is the one in use')
  })
}

/** AES-CMAC (RFC 4493), which two of the RFC's suites use and we do not. */
function cmac(key: Buffer, message: Uint8Array): Buffer {
  const block = (input: Uint8Array) => createCipheriv('aes-128-ecb', key, null).update(input)
  const doubled = (input: Buffer) => {
    const shifted = (BigInt(`0x${hex(input)}`) << 1n) & ((1n << 128n) - 1n)
    return bytes((shifted ^ (input[0]! & 0x80 ? 0x87n : 0n)).toString(16).padStart(32, '0'))
  }
  const xor = (one: Uint8Array, other: Uint8Array) => Buffer.from(one.map((byte, at) => byte ^ other[at]!))
  const once = doubled(block(Buffer.alloc(16)))
  const whole = message.length > 0 && message.length % 16 === 0
  const padded = whole ? Buffer.from(message) : Buffer.alloc(Math.ceil((message.length + 1) / 16) * 16)
  if (!whole) Buffer.concat([message, Buffer.from([0x80])]).copy(padded)
  const last = padded.length - 16
  xor(padded.subarray(last), whole ? once : doubled(once)).copy(padded, last)
  let state = Buffer.alloc(16)
  for (let at = 0; at < padded.length; at += 16) state = block(xor(state, padded.subarray(at, at + 16)))
  return state
}

t.test('M and N are those of the RFC, found by its own algorithm from the seeds', async (t) => {
  // Appendix B: nobody knows their discrete logarithms, because they come out of a hash.
  const found = (name: 'M' | 'N') => {
    let block = createHash('sha256').update(`1.2.840.10045.3.1.7 point generation seed (${name})`).digest()
    for (let round = 0; round < 1_000; round++) {
      const next = createHash('sha256').update(block).digest()
      const candidate = Buffer.concat([block, next]).subarray(0, 33)
      candidate[0] = (candidate[0]! & 1) | 2
      try {
        return Point.fromBytes(candidate)
      } catch {
        block = next
      }
    }
    throw new Error('no point')
  }
  const one = shareOfProver(1n, 1n)
  t.equal(hex(one), found('M').add(Point.BASE).toHex(false))
  t.equal(hex(shareOfVerifier(1n, 1n)), found('N').add(Point.BASE).toHex(false))
})

t.test('shares that are no usable points are refused on both sides', async (t) => {
  const secrets = { w0: 5n, w1: 7n }
  const good = shareOfVerifier(5n, 9n)
  const offCurve = Buffer.from(good)
  offCurve[64]! ^= 1
  const tooLarge = Buffer.alloc(65, 0xff)
  tooLarge[0] = 4
  const compressed = Point.fromBytes(good).toBytes(true)
  const hybrid = Buffer.from(good)
  hybrid[0] = 6
  const bad: [string, Uint8Array][] = [
    ['empty', Buffer.alloc(0)],
    ['the identity in one byte', Buffer.from([0])],
    ['the identity in 65 bytes', Buffer.alloc(65)],
    ['zero coordinates', Buffer.concat([Buffer.from([4]), Buffer.alloc(64)])],
    ['compressed', compressed],
    ['hybrid', hybrid],
    ['not on the curve', offCurve],
    ['coordinates not below the prime', tooLarge],
    ['short', good.subarray(0, 64)],
    ['long', Buffer.concat([good, Buffer.from([0])])],
  ]
  for (const [what, share] of bad) {
    t.throws(() => requireShare(share), BadShare, what)
    t.throws(() => finishProver(secrets, 3n, share), BadShare, what)
    t.throws(() => finishVerifier(5n, registrationOf(7n), 3n, share), BadShare, what)
  }
  const [m, n] = [shareOfProver(1n, 1n), shareOfVerifier(1n, 1n)].map((share) =>
    Point.fromBytes(share).subtract(Point.BASE),
  )
  t.throws(
    () => finishVerifier(5n, registrationOf(7n), 3n, m!.multiply(5n).toBytes(false)),
    BadShare,
    'w0*M: Z = 0',
  )
  t.throws(() => finishProver(secrets, 3n, n!.multiply(5n).toBytes(false)), BadShare, 'w0*N: Z = 0')
})

t.test('zero and too large scalars are refused; random ones never are', async (t) => {
  for (const scalar of [0n, ORDER, ORDER + 1n, -1n]) {
    t.throws(() => shareOfProver(scalar, 1n), RangeError)
    t.throws(() => shareOfProver(1n, scalar), RangeError)
    t.throws(() => shareOfVerifier(1n, scalar), RangeError)
    t.throws(() => registrationOf(scalar), RangeError)
  }
  t.throws(() => secretsFrom(Buffer.alloc(80)), RangeError, 'w0 = w1 = 0')
  const half = Buffer.alloc(40, 1)
  t.throws(() => secretsFrom(Buffer.concat([half, Buffer.alloc(40)])), RangeError, 'w1 = 0')
  const order = bytes(ORDER.toString(16).padStart(80, '0'))
  t.throws(() => secretsFrom(Buffer.concat([order, half])), RangeError, 'w0 = the order')
  t.throws(() => secretsFrom(Buffer.alloc(64, 1)), RangeError, 'too short to be unbiased')
  t.equal(scalarFrom(Buffer.alloc(RANDOM_BYTES)), 1n)
  t.equal(scalarFrom(bytes((ORDER - 2n).toString(16).padStart(96, '0'))), ORDER - 1n)
  t.equal(scalarFrom(bytes((ORDER - 1n).toString(16).padStart(96, '0'))), 1n)
  t.throws(() => scalarFrom(randomBytes(32)), RangeError)
})

t.test('the secrets of a code: as RFC 9383 §3.2 encodes it, bound to both identities', async (t) => {
  const [prover, verifier] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  t.equal(hex(withLengths([Buffer.from('12'), Buffer.alloc(0)])), '020000000000000031320000000000000000')
  const secrets = await secretsOf('012345', { prover, verifier })
  // From Python: hashlib.scrypt(struct.pack('<Q', 6) + b'012345' + …, salt=b'', n=2**14, r=8, p=1, dklen=80).
  t.equal(secrets.w0.toString(16), 'fac216bd993387be29182f638a7fb622c5deb17a589357d752ef78046800eea6')
  t.equal(secrets.w1.toString(16), '10234b1957e21c28aeb22108b7ae36f0fb088a335cc41d29d5bc38a85b264a38')
  for (const other of [
    await secretsOf('012346', { prover, verifier }),
    await secretsOf('012345', { prover: verifier, verifier: prover }),
    await secretsOf('012345', { prover, verifier: prover }),
  ]) {
    t.not(other.w0, secrets.w0)
    t.not(other.w1, secrets.w1)
  }
  for (const code of ['', '12345', '1234567', '12345a', '١٢٣٤٥٦', '12345 ']) {
    await t.rejects(secretsOf(code, { prover, verifier }), RangeError)
  }
})
