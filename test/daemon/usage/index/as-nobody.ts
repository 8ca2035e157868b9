// A program for trouble.test.ts: runs usage on a home as the user nobody, since root may read everything.
import { UsageHome } from '../usage-home.ts'

process.setgid?.(65534)
process.setuid?.(65534)
const home = new UsageHome(process.argv[2]!)
await home.start()
const [report] = home.usage.sources()
process.stdout.write(`${JSON.stringify({ total: home.total(), unreadable: report!.unreadable })}\n`)
await home.stop()
process.stdout.write(`${JSON.stringify(home.incidents.all.map(({ code }) => code))}\n`)
process.exit(0)
