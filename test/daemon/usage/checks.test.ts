// What doctor says of watching: all well, nearly at the limit of the system, and over it.
import type { FSWatcher } from 'node:fs'
import t from 'tap'
import { checkWatching } from '../../../src/daemon/usage/checks.ts'

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
