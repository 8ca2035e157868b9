import t from 'tap'
import { Asks } from '../../../../src/daemon/vault/transfer/asks.ts'

t.test('a device asks ten times a minute, and keeps no other one from asking', async (t) => {
  const asks = new Asks()
  for (let n = 0; n < 10; n++) t.ok(asks.may('a', n))
  t.notOk(asks.may('a', 59_999))
  t.ok(asks.may('b', 59_999))
  t.ok(asks.may('a', 60_000), 'the first is a minute ago')
  t.notOk(asks.may('a', 60_000))
})
