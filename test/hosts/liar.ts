// A hostile neighbour: run in a host of its own as `node liar.js WHAT ARGUMENT`, it sends multicast DNS that is malformed,
// endless or untrue. It prints one JSON line for each thing that it learns.
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { recordsOf } from '../../src/daemon/devices/discovery/claim.ts'
import { EMPTY, encode } from '../../src/daemon/devices/discovery/packet.ts'
import { tlsOptions } from '../../src/daemon/devices/tls.ts'
import { openIdentity } from '../../src/daemon/identity/identity.ts'

const GROUP = '224.0.0.251'
const PORT = 5353
const [what = '', argument = ''] = process.argv.slice(2)

const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.on('error', () => undefined)
socket.bind(PORT, '0.0.0.0', () => {
  socket.setMulticastTTL(255)
  socket.setMulticastInterface('10.77.0.3')
  const acts: Record<string, () => unknown> = { garbage, flood, crowd, pose, contest }
  void acts[what]?.()
})

const send = (bytes: Uint8Array) => new Promise((resolve) => socket.send(bytes, PORT, GROUP, resolve))
const tell = (value: object) => console.log(JSON.stringify(value))
const done = (sent: number) => {
  tell({ sent })
  socket.close()
}

/** A service's records, as anybody can write them. */
function claim(
  instance: string,
  address: string,
  texts: readonly string[],
  port = 4765,
  ttl?: number,
): Buffer {
  const records = recordsOf({ instance, host: `h${instance}`.slice(0, 60), port, texts }, [
    { address, family: 4, bits: 24 },
  ])
  const answers = [...records.shared, ...records.unique].map((each) => ({ ...each, ttl: ttl ?? each.ttl }))
  return encode({ ...EMPTY, response: true, answers })
}

/** Honest packets with bytes changed, cut or added; the argument is how many. */
async function garbage(): Promise<void> {
  let seed = 42
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const question = encode({ ...EMPTY, questions: [{ name: '_tallyd._tcp.local', type: 12, unicast: false }] })
  for (let index = 0; index < Number(argument); index++) {
    const honest =
      random(2) === 0 ? question : claim('x'.repeat(1 + random(62)), '10.77.0.3', ['v=1', 't=00'])
    const bytes = Buffer.from(honest)
    for (let change = random(12); change >= 0; change--) bytes[random(bytes.length)] = random(256)
    await send(random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes)
    if (index % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 500))
  }
  // A name that points at itself, counts that promise more than there is, and nothing at all.
  const loop = Buffer.from('000000000001000000000000c00c000c0001', 'hex')
  for (const bytes of [loop, Buffer.from('0000840000000000ffffffff', 'hex'), Buffer.alloc(0)])
    await send(bytes)
  done(Number(argument))
}

/** As fast as possible, for as many milliseconds. */
async function flood(): Promise<void> {
  const end = Date.now() + Number(argument)
  let sent = 0
  while (Date.now() < end) {
    const bytes = claim(`flood${sent}`, '10.77.0.3', ['v=1', `t=${sent.toString(16).padStart(16, '0')}`])
    await Promise.all(Array.from({ length: 64 }, () => send(bytes)))
    sent += 64
  }
  done(sent)
}

/** So many devices that do not exist, none of them twice, slowly enough to be heard. */
async function crowd(): Promise<void> {
  for (let index = 0; index < Number(argument); index++) {
    const tag = (0x1000_0000 + index).toString(16).padStart(16, '0')
    await send(
      claim(`crowd-${index}-${'x'.repeat(40)}`, `10.77.0.${index % 250}`, [
        'v=1',
        `t=${tag}`,
        'y'.repeat(200),
      ]),
    )
    if (index % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 80))
  }
  done(Number(argument))
}

/** Claims to be the device with this tag, listens as if it were, and tells what it is sent. */
async function pose(): Promise<void> {
  const home = mkdtempSync('/tmp/td-')
  const paths = { identity: join(home, 'identity.json') }
  const identity = await openIdentity({ paths, now: Date.now, machineId: async () => 'liar' })
  process.once('SIGTERM', () => {
    rmSync(home, { recursive: true })
    process.exit()
  })
  let bytes = 0
  const server = createServer(
    { ...tlsOptions(identity), requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.on('data', (data) => {
        bytes += data.length
        tell({ bytes })
      })
      socket.on('error', () => undefined)
    },
  )
  server.on('connection', () => tell({ connected: true, bytes }))
  server.on('tlsClientError', (error) => tell({ refused: error.message, bytes }))
  server.listen(4_999, () => {
    const say = () => void send(claim('posing', '10.77.0.3', ['v=1', `t=${argument}`], 4_999))
    say()
    setInterval(say, 700)
  })
}

/** Answers every probe: whatever name is wanted is taken. */
function contest(): void {
  socket.addMembership(GROUP, '10.77.0.3')
  socket.on('message', (bytes, { address }) => {
    if (address === '10.77.0.3' || (bytes[2]! & 0x80) !== 0 || bytes.readUInt16BE(8) === 0) return
    const label = bytes.toString('utf8', 13, 13 + bytes[12]!)
    void send(claim(label, '10.77.0.3', ['v=1', 't=ffffffffffffffff']))
    tell({ contested: label })
  })
}
