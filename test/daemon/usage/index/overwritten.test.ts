// Something else writes over the checkpoints while the daemon runs: what memory knows is newer than any other file, so
// nothing that was counted is lost, not even what only deleted logs told.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { loadCheckpoint } from '../../../../src/daemon/usage/index/checkpoint.ts'
import { until } from '../../../harness/daemon.ts'
import { agedHome, callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

/** Each writes over the files in place: the same inodes with other bytes. */
const OVERWRITES: Record<string, (home: UsageHome) => void> = {
  'with garbage': ({ paths }) => {
    for (const path of [paths.checkpoint, paths.checkpointPrevious]) writeFileSync(path, 'garbage')
  },
  'with as many bytes': ({ paths }) => {
    for (const path of [paths.checkpoint, paths.checkpointPrevious])
      writeFileSync(path, Buffer.alloc(readFileSync(path).length, 0x55))
  },
  'with nothing': ({ paths }) => {
    for (const path of [paths.checkpoint, paths.checkpointPrevious]) writeFileSync(path, '')
  },
  'with good checkpoints that know less': (home) => {
    for (const path of [home.paths.checkpoint, home.paths.checkpointPrevious])
      copyFileSync(home.path('stranger/checkpoint.bin'), path)
  },
}

for (const [name, overwrite] of Object.entries(OVERWRITES)) {
  const begin = async (folder: string): Promise<UsageHome> => {
    const home = await agedHome(folder)
    const stranger = new UsageHome(home.path('elsewhere'))
    stranger.write(LOG, callLines(3, 3))
    await stranger.start()
    await stranger.stop()
    home.write('stranger/checkpoint.bin', readFileSync(stranger.paths.checkpoint))
    await home.start()
    overwrite(home)
    return home
  }

  t.test(`both checkpoints are written over ${name}, then a line comes`, async (t) => {
    const home = await begin(t.testdir())
    home.append(LOG, callLines(5, 5))
    await home.usage.rescan()
    t.same(home.total(), totalOf(1, 2, 3, 4, 5))
    home.append(LOG, callLines(4, 6))
    await home.usage.rescan()
    t.same(home.total(), totalOf(1, 2, 3, 4, 5, 6), 'each is still known')
    await home.stop()
    await home.start()
    t.same(home.total(), totalOf(1, 2, 3, 4, 5, 6), 'after a restart too')
    await home.stop()
  })

  t.test(`both checkpoints are written over ${name}, and nothing comes until the stop`, async (t) => {
    const home = await begin(t.testdir())
    await home.stop()
    t.same(
      home.incidents.all.map(({ code }) => code),
      ['checkpointUnreadable', 'checkpointUnreadable'],
      'doctor says so',
    )
    t.equal(
      readdirSync(home.state).filter((each) => each.includes('.broken-')).length,
      2,
      'what stood there is kept',
    )
    await home.start()
    t.same(home.total(), totalOf(1, 2, 3, 4))
    await home.stop()
  })
}

/** Null while it cannot be read. */
function callsIn(path: string): number | null {
  try {
    const { ledger, checkpoint } = loadCheckpoint(path)
    const { length } = ledger.register.calls.table
    checkpoint?.close()
    return length
  } catch {
    return null
  }
}

t.test('a rescan finds that something wrote over the checkpoints, and writes them again', async (t) => {
  const home = await agedHome(t.testdir())
  await home.start()
  for (const path of [home.paths.checkpoint, home.paths.checkpointPrevious]) writeFileSync(path, 'garbage')
  await home.usage.rescan()
  for (const path of [home.paths.checkpoint, home.paths.checkpointPrevious]) {
    await until(async () => callsIn(path) === 4, `${path} is whole`)
  }
  await home.stop()
})

t.test('nothing leads to the copy that the daemon reads, and nothing is left of it', async (t) => {
  const home = await agedHome(t.testdir())
  const before = readdirSync(home.state)
  await home.start()
  t.same(readdirSync(home.state), before)
  home.append(LOG, callLines(5, 5))
  await home.usage.rescan()
  await home.stop()
  t.same(readdirSync(home.state), before)
})
