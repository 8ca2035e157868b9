// After a clean restart a device goes on where it was; after anything else it tells everything anew, and nobody is told wrong.
import { copyFileSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { createOutbox, type Outbox } from '../../../src/daemon/devices/outbox.ts'
import { leaveMark, type OutboxMark, takeMark } from '../../../src/daemon/devices/outbox-mark.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import { temporaryFolder } from '../../harness/daemon.ts'
import { bucket, FIRST_QUARTER, linesOf, longHistory, noTotals, recounted, setBucket } from './made-totals.ts'

function outboxOf(totals: Totals, mark: OutboxMark | null = null, name = 'desk'): Outbox {
  return createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => name,
    timeZone: () => 'UTC',
    program: '0.2.0',
    mark,
  })
}

const ONE = { quarter: FIRST_QUARTER, agent: 'codex', model: 'gpt-5.5', activity: 0, band: 0, calls: 3 }

t.test(
  'after a clean stop the cursor holds: nothing new is null, and what is new is all that is told',
  async (t) => {
    const totals = longHistory(2_000)
    const before = outboxOf(totals)
    const { cursor } = before.answer()!
    const again = recounted(totals)
    const after = outboxOf(again, before.mark())
    t.equal(after.cursor(), cursor)
    t.equal(after.answer(cursor), null)
    setBucket(again, ONE)
    t.ok(after.refresh())
    const answer = after.answer(cursor)
    t.same([answer?.whole, answer?.buckets.length], [false, 1])
  },
)

t.test('a cursor from before the one of the stop is answered with everything', async (t) => {
  const totals = longHistory(100)
  const before = outboxOf(totals)
  const { cursor } = before.answer()!
  setBucket(totals, ONE)
  before.refresh()
  const after = outboxOf(totals, before.mark())
  t.equal(after.answer(cursor)?.whole, true)
})

t.test('other totals, another name or no mark is another epoch', async (t) => {
  const totals = longHistory(100)
  const before = outboxOf(totals)
  const { cursor } = before.answer()!
  const mark = before.mark()
  t.equal(outboxOf(totals, mark).answer(cursor), null)
  t.equal(outboxOf(totals, null).answer(cursor)?.whole, true)
  t.equal(outboxOf(totals, mark, 'tower').answer(cursor)?.whole, true)
  setBucket(totals, ONE)
  t.equal(outboxOf(totals, mark).answer(cursor)?.whole, true)
  t.equal(outboxOf(noTotals(), mark).answer(cursor)?.whole, true)
})

t.test('whoever knows more of an epoch than there was ends it: this device was set back', async (t) => {
  const totals = longHistory(100)
  const outbox = outboxOf(totals)
  const { cursor } = outbox.answer()!
  const epoch = cursor.split(':')[0]
  const answer = outbox.answer(`${epoch}:9`)
  t.equal(answer?.whole, true)
  t.not(answer?.cursor.split(':')[0], epoch)
  t.equal(outbox.answer(cursor)?.whole, true)
  t.equal(outbox.answer(answer?.cursor), null)
})

t.test(
  'whatever is counted, stopped, killed, restored and asked: who is up to date has all of it, and no more',
  async () => {
    const act = fc.oneof(
      { weight: 4, arbitrary: bucket.map((made) => ({ kind: 'count' as const, made })) },
      { weight: 2, arbitrary: fc.constant({ kind: 'refresh' as const }) },
      { weight: 3, arbitrary: fc.nat({ max: 2 }).map((who) => ({ kind: 'ask' as const, who })) },
      { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let totals = noTotals()
        let outbox = outboxOf(totals)
        const copies = [new Copy(), new Copy(), new Copy()]
        const ask = (copy: Copy) => {
          const answer = outbox.answer(copy.cursor ?? undefined)
          if (answer !== null) copy.apply(answer, 0)
        }
        for (const each of acts) {
          if (each.kind === 'count') setBucket(totals, { ...each.made, model: 'gpt-5.5' })
          else if (each.kind === 'refresh') outbox.refresh()
          else if (each.kind === 'ask') ask(copies[each.who]!)
          else {
            const mark = each.kind === 'stop' ? outbox.mark() : null
            totals = recounted(totals)
            outbox = outboxOf(totals, mark)
          }
        }
        outbox.refresh()
        const all = linesOf(totals).join('\n')
        return copies.every((copy) => {
          ask(copy)
          return linesOf(copy.totals).join('\n') === all
        })
      }),
      { numRuns: 500 },
    )
  },
)

t.test('the mark is taken once, and only by the file that was left', async (t) => {
  const path = join(temporaryFolder(t), 'outbox.json')
  const mark = { epoch: 'e'.repeat(22), revision: 7, digest: 'd' }
  t.equal(await takeMark(path), null, 'there is none')
  await leaveMark(path, mark)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same(await takeMark(path), mark)
  t.notOk(existsSync(path))
  await leaveMark(path, mark)
  copyFileSync(path, `${path}.backup`)
  renameSync(`${path}.backup`, path)
  t.equal(await takeMark(path), null, 'a restored one')
  for (const text of ['', 'null', '{}', '[]', '{"epoch":1}', `${' '.repeat(2_000)}{}`]) {
    writeFileSync(path, text)
    t.equal(await takeMark(path), null, JSON.stringify(text.slice(0, 20)))
    t.notOk(existsSync(path))
  }
  await t.resolves(leaveMark('/proc/nowhere/outbox.json', mark))
})
