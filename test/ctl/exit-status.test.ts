// How commands end: one sentence on stderr, and the status that scripts go by.

import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { temporaryFolder } from '../harness/daemon.ts'
import { tallyctl } from './client.ts'
import { type Answers, fakeDaemon } from './fake-daemon.ts'

t.test('exit statuses: one sentence on stderr, nothing on stdout', async (t) => {
  const refusing: Answers = {
    'usage.summary': () => {
      throw {
        code: -32005,
        message: 'no such time zone: Mars/\x1b[31mBase',
        data: { next: 'use an IANA name' },
      }
    },
    'doctor.run': () => ({
      checks: [{ level: 'broken', subject: 'checkpoint', says: 'ENOSPC', next: 'free disk space' }],
    }),
  }
  const { home } = await fakeDaemon(t, refusing)
  const nowhere = temporaryFolder(t)
  const fails = async (at: string, words: string[], exit: number, sentence: string | RegExp) => {
    const ran = await tallyctl(at, words)
    t.equal(ran.exit, exit, words.join(' '))
    t.equal(ran.out, '')
    t.match(ran.err, sentence)
    t.match(ran.err, /^tallyctl: [^\n]+; [^\n]+[^.\n]\n$/)
  }
  for (const words of [[], ['usage'], ['watch'], ['sources'], ['status'], ['rescan']]) {
    await fails(nowhere, words, EXIT.noDaemon, 'tallyctl: tallyd is not running; run: npx tallyctl start\n')
  }
  await fails(nowhere, ['call', 'daemon.status'], EXIT.noDaemon, 'is not running')
  await fails(
    nowhere,
    ['usage', '--nope'],
    EXIT.usage,
    'tallyctl: there is no flag --nope; run: npx tallyctl usage --help',
  )
  const rest = 'use for example 500ms, 60s, 5m or 2h; run: npx tallyctl status --help'
  for (const value of ['5 parsecs', '-1s']) {
    const says = `tallyctl: --wait is ${value}, which is no duration up to 24h; ${rest}\n`
    await fails(nowhere, ['status', '--wait', value], EXIT.usage, says)
  }
  const zone = '--tz is empty; run: npx tallyctl usage --help'
  await fails(nowhere, ['usage', '--tz='], EXIT.usage, zone)
  await fails(
    nowhere,
    ['usage', '--tz', 'x'.repeat(65)],
    EXIT.usage,
    "longer than any zone's name; use an IANA",
  )
  await fails(
    nowhere,
    ['usage', '--since', 'x'],
    EXIT.usage,
    '--since is x, which is no time; use 2026-11-01',
  )
  await fails(nowhere, ['paths', 'scoket'], EXIT.usage, 'there is no path scoket; there are config, ')
  await fails(
    nowhere,
    ['status', '--wait', '80ms'],
    EXIT.timeout,
    'nothing answered in 80 ms; run: npx tallyctl start',
  )
  await fails(nowhere, ['call', 'daemon.status', '{'], EXIT.usage, 'the params are not JSON')
  await fails(nowhere, ['call', 'daemon.status', '[]'], EXIT.usage, 'the params are not a JSON object')
  await fails(
    nowhere,
    ['usage', '--json', '--csv'],
    EXIT.usage,
    '--json and --csv cannot stand together; run: npx tallyctl usage --help',
  )
  await fails(
    `/tmp/${'x'.repeat(120)}`,
    ['status'],
    EXIT.failed,
    'set TALLYD_HOME to a folder with a shorter path',
  )
  await fails(
    home,
    ['usage', '--tz', 'Mars'],
    EXIT.usage,
    'tallyctl: no such time zone: Mars/Base; use an IANA name\n',
  )
  await fails(home, ['call', 'no.such'], EXIT.usage, 'no no.such; docs/rpc.md lists every method')
  const doctor = await tallyctl(home, ['doctor'])
  t.equal(doctor.exit, EXIT.failed)
  t.match(
    doctor.out,
    /^broken {3}checkpoint {4}ENOSPC\n +free disk space\nok {7}installation .*\nok {7}service {7}not installed/,
  )
})

t.test('stop where nothing runs gives no advice to start', async (t) => {
  const ran = await tallyctl(temporaryFolder(t), ['stop'])
  t.strictSame(ran, { exit: EXIT.noDaemon, out: '', err: 'tallyctl: tallyd is not running\n' })
})
