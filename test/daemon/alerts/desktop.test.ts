// The programs that show notifications: how often they are run, with what, and what is said when they fail.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Desktop } from '../../../src/daemon/alerts/desktop.ts'
import type { Notice } from '../../../src/daemon/alerts/notices.ts'
import type { Incident } from '../../../src/daemon/store/incidents.ts'
import { type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'

const REQUEST: Notice = { kind: 'request', title: 'tallyd: a request waits', body: '"x" wants to pair' }
const BUDGET: Notice = {
  kind: 'budget',
  title: 'tallyd: the daily budget is used up',
  body: '$2.00 of $1.00 today',
}

/** A desktop whose programs are those of a folder of its own, on a clock that the test holds. */
function desktop(t: Teardown, platform = 'linux') {
  const folder = temporaryFolder(t)
  const record = join(folder, 'record')
  const path = process.env['PATH']
  process.env['PATH'] = folder
  t.teardown(() => {
    process.env['PATH'] = path
  })
  const clock = { ms: 0 }
  const told = new Map<string, string>()
  let recorded = 0
  const incidents = {
    record({ subject, says }: Pick<Incident, 'subject' | 'says'>) {
      recorded++
      told.set(subject, says)
    },
    resolve(_: string, subject = '') {
      told.delete(subject)
    },
    list: () => [],
  }
  return {
    clock,
    told,
    recorded: () => recorded,
    shown: new Desktop({ platform, incidents, ticks: () => clock.ms }),
    /** Ends with that status after it has written a line of its arguments. */
    install(program: string, status = 0) {
      const file = join(folder, program)
      writeFileSync(
        file,
        `#!/bin/sh\nprintf '%s|' "$@" >> '${record}'; echo >> '${record}'\nexit ${status}\n`,
      )
      chmodSync(file, 0o755)
    },
    lines: () => (existsSync(record) ? readFileSync(record, 'utf8').split('\n').slice(0, -1) : []),
  }
}

t.test('requests fill no screen, and take no room from budgets', async (t) => {
  const { shown, install, lines, clock } = desktop(t)
  install('notify-send')
  for (let number = 0; number < 30; number++) shown.show({ ...REQUEST, body: `request ${number}` })
  shown.show(BUDGET)
  await until(() => lines().length >= 7, 'six requests and a budget')
  clock.ms += 10 * 60_000
  shown.show({ ...REQUEST, body: 'later' })
  await until(() => lines().some((line) => line.includes('later')), 'the one after ten minutes')
  t.equal(lines().length, 8)
  t.equal(lines().filter((line) => line.includes('daily budget')).length, 1)
  t.match(
    lines().find((line) => line.includes('request 5')),
    'request 5 (more within 10 minutes are not shown)',
  )
  t.notMatch(lines().join('\n'), 'request 6')
})

t.test('a missing program, one that fails, and one that works again', async (t) => {
  const { shown, install, lines, told, recorded } = desktop(t)
  shown.show(BUDGET)
  await until(() => told.size === 1, 'it is said')
  t.equal(told.get('notify-send'), 'no notification could be shown: notify-send: it is not installed')
  install('notify-send', 1)
  shown.show(BUDGET)
  await until(() => lines().length === 1, 'it has run')
  install('notify-send', 0)
  shown.show(BUDGET)
  await until(() => told.size === 0, 'it is taken back')
  t.equal(recorded(), 1, 'said once')
  install('notify-send', 3)
  shown.show(BUDGET)
  await until(() => told.size === 1, 'it is said again')
  t.match(told.get('notify-send'), 'it ended with 3')
})

t.test('on macOS the script gets the text as arguments', async (t) => {
  const { shown, install, lines } = desktop(t, 'darwin')
  install('osascript')
  shown.show({ ...REQUEST, body: '-e "quit' })
  await until(() => lines().length === 1, 'it has run')
  t.equal(
    lines()[0],
    '-e|on run argv|-e|display notification (item 2 of argv) with title (item 1 of argv)|-e|end run|tallyd: a request waits|-e "quit|',
  )
})
