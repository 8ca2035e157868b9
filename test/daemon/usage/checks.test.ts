// What doctor says of logs that are not there, and of watching: all well, nearly at the limit of the system, and over it.
import type { FSWatcher } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkSources, checkWatching } from '../../../src/daemon/usage/checks.ts'
import { claudeCode } from '../../../src/daemon/usage/sources/claude-code.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const index = (folders: number, failures: [string, string][] = []) => ({
  missed: 3,
  watcher: {
    watched: new Map(Array.from({ length: folders }, (_, at) => [`/logs/${at}`, {} as FSWatcher])),
    failures: new Map(failures),
  },
})

t.test('watching', async (t) => {
  t.match(checkWatching(index(2), 8192), {
    level: 'ok',
    code: 'watching',
    says: '2 folders; 3 changes found by the rescan first',
  })
  t.match(checkWatching(index(2), Number.NaN), { level: 'ok' }, 'a system that does not say its limit')
  t.match(checkWatching(index(90), 100), {
    level: 'warning',
    code: 'watchesScarce',
    says: /^90 folders, of 100 /,
    next: /max_user_watches = 524288.*sysctl --system/,
  })
  t.match(checkWatching(index(1, [['/logs/p', 'ENOSPC']]), 100), {
    level: 'warning',
    code: 'watchingFailed',
    says: '/logs/p cannot be watched (ENOSPC)',
    next: /max_user_watches = 524288.*once a minute/,
  })
  t.match(checkWatching(index(1, [['/logs/p', 'EMFILE']]), 100), {
    code: 'watchingFailed',
    next: /descriptors.*max_user_instances = 1024.*once a minute/,
  })
  t.match(checkWatching(index(1, [['/logs/p', 'EACCES']]), 100), { next: /^until it can be/ })
})

const without = (path: string, origin: 'default' | 'config', counted = 0, ready = true) =>
  checkSources({
    places: [{ source: claudeCode, folders: [{ path, origin }] }],
    files: new Map(),
    unreadable: [],
    ready,
    ledger: { buckets: { table: { length: counted } } },
  })

t.test('no logs: a hint where there never were any, else a problem', async (t) => {
  const nowhere = join(temporaryFolder(t), 'projects')
  const found = { code: 'sourcesMissing', says: `no logs found in ${nowhere}`, next: /use a coding agent/ }
  t.match(without(nowhere, 'default'), { level: 'ok', ...found })
  t.match(without(nowhere, 'default', 1), { level: 'warning', ...found }, 'some were counted before')
  t.match(without(nowhere, 'config'), { level: 'warning', ...found }, 'the config says that they are there')
  t.match(without(nowhere, 'default', 0, false), { level: 'ok', code: 'sources' }, 'not looked yet')
})
