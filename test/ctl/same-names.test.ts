// Devices of one name: the first digits of an id tell them apart, and are said once.
import t from 'tap'
import type { AuditEntry } from '../../src/contract/audit.ts'
import type { PairingRequest } from '../../src/contract/requests.ts'
import { entryLines } from '../../src/ctl/commands/audit.ts'
import { pairedLine } from '../../src/ctl/commands/invite.ts'
import { whoIs } from '../../src/ctl/commands/requests.ts'
import { freeName } from '../../src/daemon/devices/device-name.ts'
import { withAddress } from '../../src/page/words/text.ts'

const ID = `9866daf0${'0'.repeat(56)}`
const NAME = freeName('vm', ID, ['vm'])
const AT = '192.168.1.31:4765'

const timesIn = (text: string) => text.split('9866daf0').length - 1

t.test('the second device of a name: its digits once', async (t) => {
  t.equal(NAME, 'vm 9866daf0')
  t.equal(pairedLine({ id: ID, name: NAME }), 'paired with vm 9866daf0')
  t.equal(pairedLine({ id: ID, name: 'vm' }), 'paired with vm (9866daf0)')
  t.equal(pairedLine({ id: ID, name: 'vm 11111111' }), 'paired with vm 11111111 (9866daf0)', 'of another id')
  const from = { id: ID, name: NAME, address: AT }
  t.equal(whoIs({ from } as PairingRequest), `vm 9866daf0 (${AT})`)
  t.equal(withAddress(NAME, ID, AT), `vm 9866daf0 (${AT})`)
  const entry = {
    seq: 1,
    at: '2026-11-20T14:02:11Z',
    what: 'paired',
    subject: from,
    detail: null,
    count: 1,
    since: null,
  }
  const [line = ''] = entryLines(entry as AuditEntry, null)
  t.match(line, `vm 9866daf0 ${AT}`)
  t.equal(timesIn(line), 1, line)
})

t.test('a device without a name: its digits once', async (t) => {
  const short = ID.slice(0, 8)
  t.equal(pairedLine({ id: ID, name: short }), `paired with ${short}`)
  t.equal(timesIn(pairedLine({ id: ID, name: freeName('', ID, []) })), 1)
  t.equal(whoIs({ from: { id: ID, name: '', address: AT } } as PairingRequest), `${short}, ${AT}`)
})
