// docs/fleet.md speaks of no metric and no label that there is not; docs/metrics.md is generated, which npm run check holds.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FAMILIES, type Family, ROWS_CAP } from '../../../src/daemon/sinks/families.ts'
import { ROOT } from '../../harness/daemon.ts'

const doc = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8')

t.test('every metric that fleet.md names is one', async (t) => {
  const text = doc('fleet.md').replaceAll('tallyd_usage_*_total', '')
  const recorded = new Set([...text.matchAll(/record: (\S+)/g)].map(([, name = '']) => name))
  const named = new Set([...text.matchAll(/(?<![:\w])(?:tallyd|process)_[a-z_]+/g)].map(([name]) => name))
  t.ok(named.size >= 6)
  for (const name of named) t.ok(Object.hasOwn(FAMILIES, name), name)
  for (const [name] of text.matchAll(/[a-z_]+:tallyd_[a-z_]+:\w+/g)) t.ok(recorded.has(name), name)
})

t.test('metrics.md has every metric with its labels', async (t) => {
  const text = doc('metrics.md')
  for (const [name, { type, labels }] of Object.entries(FAMILIES)) {
    t.ok(
      text.includes(`| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} |`),
      name,
    )
  }
})

t.test('the bound of fleet.md is the bound', async (t) => {
  t.ok(doc('fleet.md').includes(`at most ${ROWS_CAP.toLocaleString('en')}, and one more a device`))
})

t.test('names are as Prometheus has them', async (t) => {
  const families: Readonly<Record<string, Family>> = FAMILIES
  for (const [name, { type, labels, help }] of Object.entries(families)) {
    t.match(name, /^(?:tallyd|process)_[a-z_]+$/)
    t.equal(name.endsWith('_total'), type === 'counter', name)
    t.notOk(labels.some((label) => label === 'job' || label === 'instance'))
    t.match(help, /^[A-Z].*\.$/)
  }
})
