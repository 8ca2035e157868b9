// What is said of an address where no tallyd can be paired with: one cause, and the step that helps against it.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { ERRORS } from '../../../src/contract/errors.ts'
import { type Device, devices, freePort } from '../../harness/devices.ts'

t.test('every cause has its own words', async (t) => {
  const [device] = (await devices(t, 1)) as [Device]
  const failure = async (address: string) => {
    const error = await device.call('pairing.compare', { address }).then(
      () => t.fail(`${address} answered`),
      (reason: unknown) => reason,
    )
    const { message, data, code } = error as { message: string; code: number; data: { next: string } }
    return { message, next: data.next, code }
  }
  const port = await freePort()
  t.strictSame(await failure(`127.0.0.1:${port}`), {
    code: ERRORS.unreachable.code,
    message: `nothing listens at 127.0.0.1:${port}`,
    next: 'there, run: tallyctl invite',
  })
  const unknown = await failure('no-such-host.invalid')
  t.match(unknown, { code: ERRORS.unreachable.code, message: 'there is no host no-such-host.invalid' })
  t.notMatch(unknown.next, /firewall/)

  const hangsUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  t.teardown(() => hangsUp.close())
  await once(hangsUp, 'listening')
  const { port: its } = hangsUp.address() as AddressInfo
  t.match(await failure(`127.0.0.1:${its}`), {
    code: ERRORS.notTallyd.code,
    message: `127.0.0.1:${its} (it hung up)`,
  })

  const itself = await failure(device.address)
  t.equal(itself.message, `${device.address} is this device itself`)
  t.notMatch(itself.message, /not tallyd/)
})
