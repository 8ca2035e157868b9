// A paired device that asks more than it reads: what waits for it is bounded, and asking as devices do is answered as before.
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { dial } from '../../../src/daemon/devices/dial.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { ask, type Holdings, holdingsOf } from '../../harness/paired-client.ts'

async function connected(t: Test, { identity, member }: Holdings): Promise<TLSSocket> {
  const [host, port] = member.address!.split(':') as [string, string]
  const { socket } = await dial({ host, port: Number(port), pin: member }, { identity, now: Date.now })
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}

function asks({ member }: Holdings, times: number): string {
  return `GET /v1/usage HTTP/1.1\r\nHost: device\r\nAuthorization: Bearer ${member.token}\r\n\r\n`.repeat(
    times,
  )
}

t.test('of many requests at once one is answered with numbers', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(two, one)
  const socket = await connected(t, holdings)
  let answers = ''
  socket.on('data', (part: Buffer) => {
    answers += part.toString('latin1')
  })
  const count = (status: number) => answers.split(`HTTP/1.1 ${status} `).length - 1
  socket.write(asks(holdings, 20))
  await until(() => count(200) + count(503) === 20, 'all are answered')
  t.equal(count(200), 1)
  t.match(answers, /retry-after: 1/)
  t.equal((await ask(holdings)).status, 200, 'the next one gets them again')
})

t.test('a connection that asks far ahead of its answers is ended', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(two, one)
  const socket = await connected(t, holdings)
  let answers = ''
  socket.on('data', (part: Buffer) => {
    answers += part.toString('latin1')
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(asks(holdings, 300))
  await closed
  const answered = answers.split('HTTP/1.1 ').length - 1
  t.ok(answered <= 32, `${answered} of 300 were answered`)
  t.equal((await ask(holdings)).status, 200, 'the device itself is not shut out')
})
