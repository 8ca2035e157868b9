// The report: every checkup in order, and one that fails is a line, not the end.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createDoctor } from '../../../src/daemon/doctor/doctor.ts'
import { daemon, until } from '../../harness/daemon.ts'

t.test('one failing checkup blanks no other', async (t) => {
  let found = -1
  const doctor = createDoctor(
    [
      { subject: 'a', checks: async () => [{ level: 'ok', code: 'disk', subject: 'a', says: 'fine' }] },
      { subject: 'b', checks: () => Promise.reject(new Error('no idea')) },
      {
        subject: 'c',
        checks: async () => [{ level: 'warning', code: 'diskLow', subject: 'c', says: 'hm', next: 'look' }],
      },
    ],
    (problems) => {
      found = problems
    },
  )
  t.match(await doctor.run(true), [
    { level: 'ok', subject: 'a' },
    { level: 'broken', subject: 'b', says: /no idea/, next: String },
    { level: 'warning', subject: 'c' },
  ])
  t.equal(found, 2)
})

t.test('a real daemon', async (t) => {
  const running = await daemon(t)
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  const { checks } = await running.call('doctor.run')
  t.match(checks[0], { level: 'ok', subject: 'control socket', says: /^0600 in 0700, (under )?\d+ ms$/ })
  chmodSync(join(running.home, 'tallyd.sock'), 0o666)
  const [open] = (await running.call('doctor.run')).checks
  t.match(open, { level: 'broken', says: /^0666 in 0700/, next: /chmod/ })
  const after = (await running.call('doctor.run')).checks.filter(({ level }) => level !== 'ok').length
  t.equal((await running.call('daemon.status')).problems, after, 'status counts what the doctor found')
})
