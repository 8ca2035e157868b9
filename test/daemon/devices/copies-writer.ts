// Takes answers and writes the copy as fast as it can, saying each revision that the disk has, until it is killed.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openCopies } from '../../../src/daemon/devices/copies.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import { FIRST_QUARTER, longHistory, setBucket } from './made-totals.ts'

const id = process.argv[3]!
const totals = longHistory(5_000)
const outbox = createOutbox({
  quotas: () => [],
  totals: () => totals,
  name: () => 'laptop',
  timeZone: () => 'UTC',
  program: '1.0.0',
})
const copies = openCopies({
  paths: { copies: join(process.argv[2]!, 'copies') },
  incidents: { record: ({ says }) => writeSync(2, `${says}\n`), resolve: () => undefined, list: () => [] },
  log: { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined },
})
const copy = await copies.load(id)
const made = { quarter: FIRST_QUARTER, agent: 'codex', model: 'gpt-5.5', activity: 0, band: 0 }
const { of } = copy.totals.buckets.table
const before = of.calls[of.quarter.indexOf(FIRST_QUARTER)] ?? 0
for (let calls = before + 1; ; calls++) {
  setBucket(totals, { ...made, calls })
  outbox.refresh()
  copy.apply(outbox.answer(copy.cursor ?? undefined)!, Date.now())
  copies.changed(id)
  await copies.flush()
  writeSync(1, `${calls}\n`)
}
