// What `tallyctl doctor` does with a daemon that does not answer in time: it says so, and goes on from outside.
import { join } from 'node:path'
import t from 'tap'
import { TallyError } from '../../src/contract/errors.ts'
import { pathsOf } from '../../src/contract/paths.ts'
import type { Surrounding } from '../../src/ctl/commands/command.ts'
import { allChecks } from '../../src/ctl/commands/examination.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { ROOT, temporaryFolder } from '../harness/daemon.ts'

function surroundingOf(home: string, error: Error): Surrounding {
  const env = { TALLYD_HOME: home, HOME: home }
  const program = join(ROOT, 'dist', 'ctl', 'main.js')
  const daemon = { url: null, call: () => Promise.reject(error) } as unknown as Surrounding['daemon']
  return {
    env,
    paths: pathsOf({ env, home, platform: 'linux' }),
    program,
    daemon,
    screen: new Screen(env, program),
  }
}

t.test('a daemon that does not answer', async (t) => {
  const home = temporaryFolder(t)
  const silent = await allChecks(surroundingOf(home, new TallyError('timedOut')))
  t.match(silent, { daemon: 'silent', status: null })
  t.match(silent.checks[0], { level: 'broken', code: 'noAnswer', next: /tallyctl stop, then tallyctl start/ })
  t.ok(
    silent.checks.some(({ code }) => code === 'disk'),
    'the rest is seen from outside',
  )
  const absent = await allChecks(surroundingOf(home, new TallyError('noDaemon')))
  t.match(absent, { daemon: 'absent' })
  t.match(
    silent.checks.slice(1).map(({ code }) => code),
    absent.checks.map(({ code }) => code),
  )
  const busy = await allChecks(surroundingOf(home, new TallyError('tooMany'))).catch(
    (error: unknown) => error,
  )
  t.match(busy, { error: 'tooMany' })
})
