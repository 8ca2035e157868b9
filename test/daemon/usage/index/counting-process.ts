// A program for kill.test.ts: runs usage on a home, rescans all the time, and writes checkpoints much more often than the
// daemon would, so that kills meet it at every point of its work. Says `ready`, and the totals when told to end.
import { setTimeout as pause } from 'node:timers/promises'
import { UsageHome } from '../usage-home.ts'
import { dumpTotals } from './totals.ts'

const home = new UsageHome(process.argv[2]!)
let ending = false
process.stdin.once('data', () => {
  ending = true
})
process.stdin.unref()
await home.start()
process.stdout.write('ready\n')
while (!ending) {
  await home.usage.rescan()
  // Ends watching and writes the checkpoint; the next start begins from it.
  await home.stop()
  await home.start()
  await pause(1)
}
await home.usage.rescan()
process.stdout.write(`${JSON.stringify({ totals: dumpTotals(home.usage), incidents: home.incidents.all })}\n`)
await home.stop()
process.exit(0)
