// Memory that nobody holds any more is given back when asked, not some day.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { collectGarbage } from '../../../../src/daemon/usage/index/garbage.ts'

t.test('what was dropped is gone at once', async (t) => {
  const held = [new WeakRef(new ArrayBuffer(30 << 20))]
  await nextTurn()
  const before = process.memoryUsage().arrayBuffers
  collectGarbage()
  await nextTurn()
  t.equal(held[0]?.deref(), undefined)
  t.ok(before - process.memoryUsage().arrayBuffers >= 30 << 20)
})
