// Every counting rule has a fixture: a home folder with a few log lines, and expected.json with what they come to.
// mutations.mjs beside this file lists, for each way to break a rule, the fixture that has to fail; npm run mutations tries them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Dump, type DumpRow, dumpOf } from './ledger-dump.ts'
import { ledgerOf, logsBelow, mergedOf, parsing, rejectedIn } from './log-folder.ts'
import { ordersOf } from './orders.ts'

const FIXTURES = join(process.cwd(), 'test', 'daemon', 'usage', 'fixtures')

interface Expected {
  readonly rule: string
  readonly env?: Record<string, string>
  readonly rows: DumpRow[]
  readonly tools: DumpRow[]
  readonly rejected: Record<string, number>
}

for (const agent of readdirSync(FIXTURES)) {
  for (const name of readdirSync(join(FIXTURES, agent))) {
    const home = join(FIXTURES, agent, name)
    const expected = JSON.parse(readFileSync(join(home, 'expected.json'), 'utf8')) as Expected
    const { rows, tools, rejected, env = {} } = expected
    const totals: Dump = {
      rows: rows.map((row) => ({ ...row, agent })),
      tools: tools.map((row) => ({ ...row, agent })),
    }
    t.test(`${agent}/${name}: ${expected.rule}`, async (t) => {
      const located = Object.entries(env).map(([key, value]) => [key, value.replaceAll('$HOME', home)])
      const files = logsBelow(home, Object.fromEntries(located))
      for (const order of ordersOf(files)) {
        const names = order.map(({ path }) => path.slice(home.length)).join(', ')
        t.same(dumpOf(ledgerOf(order)), totals, `read in the order ${names}`)
        t.same(dumpOf(mergedOf(order)), totals, 'read apart and merged in that order')
      }
      t.same(dumpOf(ledgerOf(files, { reader: parsing })), totals, 'parsed, and not scanned')
      t.same(rejectedIn(files), rejected, 'the lines rejected by the parser and their reasons')
      t.same(dumpOf(ledgerOf(files)), totals, 'read')
      t.same(rejectedIn(files), rejected, 'the rejected lines and their reasons')
      t.same(dumpOf(ledgerOf([...files, ...files.toReversed()])), totals, 'read twice')
    })
  }
}
