// Somebody relays a pairing by code between two devices: it fails, because the confirmation covers both certificates and the
// connection. The same relay succeeds against the same machines without these, so it is they that stop it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTls } from 'node:tls'
import t from 'tap'
import { WebSocketServer } from 'ws'
import type { Agreed } from '../../../src/daemon/ceremony/machine.ts'
import { proveCode, verifyCode } from '../../../src/daemon/devices/ceremonies.ts'
import { ceremonyLine } from '../../../src/daemon/devices/ceremony-line.ts'
import { ceremonyWith } from '../../harness/ceremony-client.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, failureOf } from '../../harness/devices.ts'
import { madeIdentity } from '../../harness/stranger.ts'
import { relayTo } from '../../mitm/relay.ts'

t.test('a relayed code pairs nobody', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const { invited } = await two.call('pairing.invite')
  const relay = await relayTo(t, two.port)
  const joining = one.call('pairing.join', { address: relay.address, code: invited.code })
  t.equal(await failureOf(joining), 'wrongCode')
  const types = relay.said.map(({ from, text }) => `${from}: ${JSON.parse(text).type}`)
  t.same(types, ['dialler: shareP', 'dialled: shareV', 'dialler: abort'], 'it got as far as the confirmation')
  await until(
    async () => (await two.call('pairing.show')).invitation?.attemptsLeft === 2,
    'the attempt is counted',
  )
  for (const device of [one, two]) t.equal((await device.call('devices.list')).devices.length, 1)
})

t.test('the control: without fingerprints and exporter the same relay succeeds', async (t) => {
  const [code, deadline] = ['123456', performance.now() + 10_000]
  const blind = { exporter: Buffer.alloc(32) }
  const [p, v] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const { certificatePem, privateKeyPem } = madeIdentity()
  const http = createServer()
  const verified = new Promise<Agreed>((resolve, reject) => {
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      const channel = { own: v, peer: p, ...blind }
      verifyCode(ceremonyLine(socket), channel, 'mutual', deadline, () => code).then(resolve, reject)
    })
  })
  const options = { requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['tallyd/1'] }
  const tls = createTls({ cert: certificatePem, key: privateKeyPem, ...options }, (socket) => {
    http.emit('connection', socket)
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  t.teardown(() => tls.close())
  const relay = await relayTo(t, (tls.address() as AddressInfo).port)
  const { line } = await ceremonyWith(t, relay.port)
  const proved = proveCode(line, { own: p, peer: v, ...blind }, code, 'mutual', deadline)
  const flows = (await Promise.all([proved, verified])).map(({ flow }) => flow)
  t.same(flows, [
    { reads: true, gives: true },
    { reads: true, gives: true },
  ])
  line.close()
})
