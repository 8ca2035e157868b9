// Killed with -9 before each single step in which an older checkpoint is kept and a new one takes its place: at every moment there is one
// that holds everything, and the older one is there as it was, in its place or beside it.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { olderPath } from '../../../../src/daemon/store/schemas.ts'
import { agedHome, callLines, LOG, totalOf } from '../usage-home.ts'
import { makeOlder, schemaIn, THIRD } from './made-up-schemas.ts'

const PROGRAM = fileURLToPath(new URL('upgrading-process.js', import.meta.url))

t.test('killed at each step of an upgrade', { timeout: 120_000 }, async (t) => {
  let kills = 0
  for (let step = 1; ; step++) {
    const home = await agedHome(t.testdir({ [`step-${step}`]: {} }))
    makeOlder(home.paths.checkpointPrevious, 1)
    const was = makeOlder(home.paths.checkpoint, 1).toString('hex')
    const { signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, home.home, String(step)], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    if (signal === null) {
      t.equal(stdout, 'done\n', stderr)
      break
    }
    kills++
    const kept = olderPath(home.paths.checkpoint, 1)
    const isNew = schemaIn(home.paths.checkpoint) === 3
    const original = readFileSync(isNew ? kept : home.paths.checkpoint).toString('hex')
    t.equal(original, was, `step ${step}: the older one is as it was`)
    home.append(LOG, callLines(5, 5))
    await home.start({ format: THIRD })
    t.same(home.total(), totalOf(1, 2, 3, 4, 5), `step ${step}: nothing is lost or counted twice`)
    await home.stop()
    t.same(home.incidents.all, [])
    t.equal(readFileSync(kept).toString('hex'), was)
    t.same(
      readdirSync(home.state).sort(),
      ['checkpoint.bin', 'checkpoint.previous.bin', 'checkpoint.schema-1.bin'],
      'nothing is left of it',
    )
  }
  t.ok(kills >= 6, `${kills} steps`)
})
