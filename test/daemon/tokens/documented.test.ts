// docs/tokens.md says of each scope what it allows, and of each method what it needs: as the contract does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { METHOD_TABLE, type MethodRow } from '../../../src/contract/generated/client.ts'
import { mayGrant, SCOPES, type Scope } from '../../../src/contract/scope-words.ts'
import { ORIGINS } from '../../../src/daemon/tokens/token-data.ts'
import { ROOT } from '../../harness/daemon.ts'

const page = readFileSync(join(ROOT, 'docs', 'tokens.md'), 'utf8')

/** The cells of the rows under the header that begins so. */
function rowsUnder(header: string): string[][] {
  const lines = page.slice(page.indexOf(`\n${header}`) + 1).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) => line.slice(2, -2).split(' | '))
}

t.test('the scopes', async (t) => {
  const wanted = Object.entries(SCOPES).map(([name, { says }]) => [
    `\`${name}\``,
    says,
    mayGrant(['admin'], name as Scope) ? 'who has it or `admin`; the owner' : 'the owner alone',
  ])
  t.same(rowsUnder('| scope |'), wanted)
})

t.test('the methods that a token may ask', async (t) => {
  const rows: [string, MethodRow][] = Object.entries(METHOD_TABLE)
  const wanted = rows
    .filter(([, { askers, scope }]) => askers.includes('token') && scope !== undefined)
    .map(([name, { scope }]) => [`\`${name}\``, scope === 'any' ? 'any token' : `\`${scope}\``])
  const shown = rowsUnder('| method |').map(([name, needs = '']) => [
    name,
    needs.replace(/:.* with `admin`$/, ''),
  ])
  t.same(shown, wanted)
  t.ok(wanted.length > 10)
})

t.test('the origins', async (t) => {
  for (const origin of ORIGINS) t.ok(page.includes(`\`${origin}\``), origin)
})
