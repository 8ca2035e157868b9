// Which machine this is: what systems print, and what is recorded of it.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { machineIdOf, machineMark, platformUuidIn } from '../../../src/daemon/identity/machine.ts'

t.test('Linux: the id of machine-id(5)', { skip: process.platform !== 'linux' }, async (t) => {
  const file = ['/etc/machine-id', '/var/lib/dbus/machine-id'].find(existsSync)
  const id = await machineIdOf('linux')()
  if (file === undefined) t.equal(id, null)
  else t.equal(id, readFileSync(file, 'utf8').trim())
})

t.test('macOS: the UUID in what ioreg prints; a system without ioreg has none', async (t) => {
  const printed = `+-o J316sAP  <class IOPlatformExpertDevice, id 0x10000024d>
    {
      "IOPlatformSerialNumber" = "XXXXXXXXXX"
      "IOPlatformUUID" = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"
      "manufacturer" = <"Apple Inc.">
    }`
  t.equal(platformUuidIn(printed), '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9')
  t.equal(platformUuidIn('"IOPlatformUUID" = ""'), null)
  if (process.platform !== 'darwin') t.equal(await machineIdOf('darwin')(), null)
  t.equal(await machineIdOf('plan9')(), null)
})

t.test('the mark tells machines apart, and does not link identities of one machine', async (t) => {
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
  t.equal(machineMark('a', one), machineMark('a', one))
  t.not(machineMark('a', one), machineMark('b', one))
  t.not(machineMark('a', one), machineMark('a', two))
  t.equal(machineMark(null, one), null)
})
