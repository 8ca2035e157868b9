// The list of other devices: always what was put, and the very same list as long as that is the same.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import { RemoteList } from '../../../src/daemon/devices/remote-list.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'

const FACTS = Array.from({ length: 4 }, (_, at) => ({ name: `device-${at}` }) as DeviceFacts)
const TOTALS = Array.from({ length: 4 }, () => ({}) as Totals)

t.test('whatever is put, one time after the other', async () => {
  const put = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(put, { maxLength: 8 }), (times) => {
      const list = new RemoteList()
      let before: ReturnType<RemoteList['end']> = list.end()
      let told = '[]'
      for (const entries of times) {
        list.begin()
        for (const [facts, totals] of entries) list.put(FACTS[facts]!, TOTALS[totals]!)
        const kept = [...before]
        const after = list.end()
        assert.equal(after.length, entries.length)
        for (const [at, [facts, totals]] of entries.entries()) {
          assert.equal(after[at]?.facts, FACTS[facts])
          assert.equal(after[at]?.totals, TOTALS[totals])
        }
        assert.equal(after === before, JSON.stringify(entries) === told, 'the same list only of the same')
        assert.deepEqual([...before], kept, 'a list that was given stays as it was')
        told = JSON.stringify(entries)
        before = after
      }
    }),
    { numRuns: 300 },
  )
})
