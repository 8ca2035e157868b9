// An orderly end, also where a part hangs.
import t from 'tap'
import { stopAll } from '../../src/daemon/stopping.ts'

const TIMES = { one: 60, closing: 150, whole: 400 }
const never = () => new Promise<void>(() => undefined)

function noted() {
  const said: string[] = []
  return {
    said,
    log: { error: (_message: string, why?: unknown) => void said.push((why as Error).message) },
  }
}

t.test('in order, one after the other', async (t) => {
  const order: string[] = []
  const step = (name: string) => async () => {
    order.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, 5))
    order.push(`${name} ends`)
  }
  const { log, said } = noted()
  t.equal(await stopAll({ closing: [step('goodbye')], writing: [step('checkpoint')] }, log, TIMES), true)
  t.same(order, ['goodbye begins', 'goodbye ends', 'checkpoint begins', 'checkpoint ends'])
  t.same(said, [])
})

t.test('parts that hang keep no other from writing, and the whole ends in time', async (t) => {
  let isWritten = false
  const write = () => {
    isWritten = true
  }
  const { log, said } = noted()
  const began = performance.now()
  const closing = [never, never, never, never]
  const writing = [async () => write(), never, async () => undefined]
  t.equal(await stopAll({ closing, writing }, log, TIMES), false)
  t.equal(isWritten, true)
  t.ok(performance.now() - began < 700, 'it ended')
  t.ok(said.length >= 5, 'each that hung was named')
})

t.test('one that throws is told, and the next goes on', async (t) => {
  let isWritten = false
  const write = () => {
    isWritten = true
  }
  const { log, said } = noted()
  const broken = () => {
    throw new Error('planted')
  }
  t.equal(await stopAll({ closing: [broken], writing: [write] }, log), false)
  t.equal(isWritten, true)
  t.same(said, ['planted'])
})
