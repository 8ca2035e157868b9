// Several addresses of one device: the first that proves to be it wins, and a liar delays it by half a second at most.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { dialAny } from '../../../src/daemon/devices/dial-any.ts'

const dials = (
  answers: Readonly<Record<string, readonly [ms: number, ok: boolean]>>,
  dialled: string[] = [],
) => {
  return async (address: string) => {
    dialled.push(address)
    const [ms, ok] = answers[address]!
    await sleep(ms)
    if (!ok) throw new Error(address)
    return address
  }
}

t.test('the first that succeeds, and the rest is not tried', async (t) => {
  const dialled: string[] = []
  t.equal(await dialAny(['a', 'b'], dials({ a: [10, true], b: [0, true] }, dialled), t.fail), 'a')
  await sleep(600)
  t.same(dialled, ['a'])
})

t.test('a failure makes room at once, silence after half a second', async (t) => {
  const began = performance.now()
  t.equal(await dialAny(['a', 'b'], dials({ a: [0, false], b: [0, true] }), t.fail), 'b')
  t.ok(performance.now() - began < 300)
  t.equal(await dialAny(['a', 'b'], dials({ a: [2_000, false], b: [0, true] }), t.fail), 'b')
  t.ok(performance.now() - began < 1_500)
})

t.test('what succeeds too late is given back', async (t) => {
  const surplus: string[] = []
  const won = await dialAny(['a', 'b'], dials({ a: [1_000, true], b: [0, true] }), (each) =>
    surplus.push(each),
  )
  t.equal(won, 'b')
  await sleep(900)
  t.same(surplus, ['a'])
})

t.test('when all fail, the failure is that of the address that the owner knows: the last', async (t) => {
  await t.rejects(dialAny(['liar', 'own'], dials({ liar: [0, false], own: [50, false] }), t.fail), {
    message: 'own',
  })
  await t.rejects(dialAny(['liar', 'own'], dials({ liar: [700, false], own: [0, false] }), t.fail), {
    message: 'own',
  })
})
