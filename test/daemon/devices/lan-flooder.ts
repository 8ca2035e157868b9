// A process of its own that crowds a port: so many connections that say nothing, and so many full handshakes a second. Tells its
// parent once a second how many handshakes it finished.
import { connect as connectTcp } from 'node:net'
import { connect, createSecureContext } from 'node:tls'
import { madeIdentity, strangersOptions } from '../../harness/stranger.ts'

const [port, idle, handshakesEach] = process.argv.slice(2).map(Number) as [number, number, number]
const { certificatePem, privateKeyPem } = madeIdentity()
const secureContext = createSecureContext({ cert: certificatePem, key: privateKeyPem, minVersion: 'TLSv1.3' })
let [tried, finished, held] = [0, 0, 0]

function hold(): void {
  const socket = connectTcp(port, '127.0.0.1', () => held++)
  socket.on('error', () => undefined)
  socket.on('close', () => {
    held--
    setTimeout(hold, 5_000)
  })
}

function shakeHands(): void {
  tried++
  const socket = connect({ ...strangersOptions(port, null), secureContext }, () => finished++)
  socket.on('error', () => undefined)
  setTimeout(() => socket.destroy(), 2_000)
}

for (let n = 0; n < idle; n++) setTimeout(hold, n / 5)
const began = performance.now()
setInterval(() => {
  const due = ((performance.now() - began) / 1000) * handshakesEach
  while (tried < due) shakeHands()
}, 10)
setInterval(() => process.send?.({ tried, finished, held }), 1_000)
process.on('disconnect', () => process.exit())
