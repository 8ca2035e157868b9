import t from 'tap'
import { Asks } from '../../../../src/daemon/vault/transfer/asks.ts'
import type { TransfersContext } from '../../../../src/daemon/vault/transfer/context.ts'
import { Transfers } from '../../../../src/daemon/vault/transfer/transfers.ts'

t.test('a device asks ten times a minute, and keeps no other one from asking', async (t) => {
  const asks = new Asks()
  for (let n = 0; n < 10; n++) t.ok(asks.may('a', n))
  t.notOk(asks.may('a', 59_999))
  t.ok(asks.may('b', 59_999))
  t.ok(asks.may('a', 60_000), 'the first is a minute ago')
  t.notOk(asks.may('a', 60_000))
})

t.test('of a device that did not ask within the last minute nothing is kept', async (t) => {
  const asks = new Asks()
  for (let n = 0; n < 100; n++) asks.may(`device ${n}`, n)
  t.equal(asks.kept, 100)
  asks.may('another', 60_050)
  t.equal(asks.kept, 50, '49 of them, and the other one')
})

t.test('whatever a paired device says, two of its transfers are fetched at once', async (t) => {
  const fetched: string[] = []
  const hangs = (from: string, transfer: string) => {
    fetched.push(`${from} ${transfer}`)
    return new Promise<never>(() => undefined)
  }
  const context: Partial<TransfersContext> = { network: { fetchFrom: hangs } as never }
  const { arrivals } = new Transfers(context as TransfersContext)
  for (const transfer of ['1', '2', '2', '3', '4']) void arrivals.offered({ id: 'a', name: 'a' }, transfer)
  void arrivals.offered({ id: 'b', name: 'b' }, '1')
  t.same(fetched, ['a 1', 'a 2', 'b 1'])
})
