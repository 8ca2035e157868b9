// A sender that knows the code, and then sends what no sender sends: refused with the field named, and nothing of it is stored.
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import { TRANSFER } from '../../../../src/contract/transfer-words.ts'
import { type Sealing, sealedFor } from '../../../../src/daemon/ceremony/sealed.ts'
import { verifyCode } from '../../../../src/daemon/devices/ceremonies.ts'
import { ceremonyLine } from '../../../../src/daemon/devices/ceremony-line.ts'
import { type Device, devices } from '../../../harness/devices.ts'
import { standBefore } from '../../../mitm/between.ts'
import { CANARY, contentsOf, MINIO, NOTHING, PHOTOS } from './two-devices.ts'

t.setTimeout(240_000)

const CODE = '604218'
const OFFER = { type: 'offer', name: 'rogue', items: 1, waitsMs: 60_000 }
const items = (secrets: unknown, configs: unknown = []) => ({ type: 'items', secrets, configs })

interface Rogue {
  /** Seals and sends something, of whatever shape. */
  say(message: unknown): void
  /** Frames of it, to be tampered with. */
  frames(message: unknown): Uint8Array[]
  readonly socket: WebSocket
}

/** What the receiver says about it, and everything that this sender heard, opened. */
async function meets(t: Test, receiver: Device, act: (rogue: Rogue, heard: string) => void) {
  const heard: string[] = []
  const poser = await standBefore(
    t,
    receiver.port,
    ({ socket, peer, identity }) => {
      const early: Buffer[] = []
      let open: ((frame: Buffer) => void) | undefined
      const line = ceremonyLine(socket, (frame) => (open === undefined ? early.push(frame) : open(frame)))
      const transfer = randomBytes(16)
      const own = Buffer.from(identity.fingerprint, 'hex')
      const theirs = Buffer.from(peer.fingerprint, 'hex')
      line.send({ type: 'transfer', version: 1, id: transfer.toString('hex'), state: 'offered' })
      const channel = { exporter: peer.exporter, own, peer: theirs, purpose: 'transfer' as const }
      void verifyCode(line, channel, 'mutual', performance.now() + 20_000, () => CODE)
        .then(({ key }) => {
          const facts = { secret: key!, transfer, sender: own, receiver: theirs }
          const seals = sealedFor('sender', facts, 2 * TRANSFER.bytes)
          const rogue = rogueOf(socket, seals)
          open = (frame) => {
            const text = seals.open(frame)
            if (text === null) return
            const message = JSON.parse(String(text)) as { type: string; why?: string }
            heard.push(message.why ?? message.type)
            act(rogue, message.type)
          }
          act(rogue, 'begin')
          for (const frame of early.splice(0)) open(frame)
        })
        .catch((error: unknown) => t.comment(String(error)))
    },
    {},
    '/v1/transfer',
  )
  const said = await receiver.call('transfers.receive', { address: poser.address, code: CODE }).then(
    () => 'it worked',
    (error: Error) => error.message,
  )
  return { said, heard }
}

function rogueOf(socket: WebSocket, seals: Sealing): Rogue {
  const frames = (message: unknown) => seals.seal(Buffer.from(JSON.stringify(message)))
  return {
    socket,
    frames,
    say(message) {
      for (const frame of frames(message)) socket.send(frame)
    },
  }
}

/** Offers properly, then sends this. */
const sending =
  (message: unknown) =>
  ({ say }: Rogue, at: string) => {
    if (at === 'begin') say(OFFER)
    if (at === 'accept') say(message)
  }

const secret = { name: 'minio', value: MINIO }
const sized = (bytes: number) => {
  const all = (more: number) =>
    Array.from({ length: 64 }, (_, at) => ({
      name: `s${at}`,
      value: {
        type: 'api-key',
        fields: { apiKey: 'x'.repeat(16_000 + Math.floor(more / 64) + (at < more % 64 ? 1 : 0)) },
      },
    }))
  return all(bytes - Buffer.byteLength(JSON.stringify({ secrets: all(0), configs: [] })))
}
const tampered = (change: (frame: Uint8Array, socket: WebSocket) => void) => (rogue: Rogue, at: string) => {
  if (at === 'begin') rogue.say(OFFER)
  if (at === 'accept') for (const frame of rogue.frames(items([secret]))) change(frame, rogue.socket)
}

const NOT_SENT = /what came is not what can be sent/
const CASES: readonly [string, (rogue: Rogue, at: string) => void, RegExp][] = [
  [
    'a field too many',
    sending(items([{ ...secret, [CANARY]: CANARY }])),
    /what rogue sent cannot be taken: minio: has a key/,
  ],
  [
    'a missing field',
    sending(items([{ name: 'minio', value: { type: 'api-key', fields: {} } }])),
    /minio: \/fields: "apiKey" is missing/,
  ],
  [
    'a name that is a path',
    sending(items([{ ...secret, name: `../${CANARY}` }])),
    /secret 1: \/name: has characters/,
  ],
  [
    'a path that escapes',
    sending(items([], [{ ...PHOTOS, links: {}, path: `/../${CANARY}` }])),
    /photos: \/path: /,
  ],
  ['a link to nothing', sending(items([], [PHOTOS])), /photos: \/links\/s3: there is no secret minio/],
  ['nothing', sending(items([])), /there is nothing in it/],
  [
    '65 things',
    sending(items(Array.from({ length: 65 }, (_, at) => ({ ...secret, name: `s${at}` })))),
    NOT_SENT,
  ],
  ['1 MiB and a byte', sending(items(sized(TRANSFER.bytes + 1))), /it is more than 1 MiB/],
  ['far more than 1 MiB', sending(items([CANARY.repeat(60_000)])), NOT_SENT],
  ['no list', sending(items(CANARY)), NOT_SENT],
  ['no message', sending(CANARY), NOT_SENT],
  ['items before they were asked for', ({ say }, at) => at === 'begin' && say(items([secret])), NOT_SENT],
  ['go before anything', ({ say }, at) => at === 'begin' && say({ type: 'go' }), NOT_SENT],
  ['go in place of the items', sending({ type: 'go' }), NOT_SENT],
  ['an outcome in place of the items', sending({ type: 'done' }), NOT_SENT],
  ['the offer twice', sending(OFFER), NOT_SENT],
  [
    'a bit of a frame changed',
    tampered((frame, socket) => {
      frame[3]! ^= 1
      socket.send(frame)
    }),
    NOT_SENT,
  ],
  ['a frame cut short', tampered((frame, socket) => socket.send(frame.subarray(0, 9))), NOT_SENT],
  ['a frame that is none', tampered((_frame, socket) => socket.send(Buffer.alloc(100))), NOT_SENT],
]

t.test('refused, with nothing stored', async (t) => {
  const [receiver] = await devices(t, 1)
  for (const [what, act, says] of CASES) {
    await t.test(what, async (t) => {
      const { said, heard } = await meets(t, receiver!, act)
      t.match(said, says)
      t.notOk(said.includes(CANARY), 'no value is repeated')
      t.equal(heard.at(-1), 'unreadable', 'the sender hears it')
    })
  }
  t.same(await contentsOf(receiver!), NOTHING)
  const { entries } = await receiver!.call('audit.list', {})
  t.notOk(JSON.stringify(entries).includes(CANARY))
  await t.test('what does fit is shown by the very same sender', async (t) => {
    t.equal((await meets(t, receiver!, sending(items([secret])))).said, 'it worked')
  })
})
