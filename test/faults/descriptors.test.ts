// A daemon that may open few files (ulimit -n), and everything that wants one at once: it lives, and when they have gone it answers, has
// counted every line, has lost nothing that it acknowledged, and doctor tells of it.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { callLines } from '../daemon/usage/usage-home.ts'
import { daemon, temporaryFolder, until } from '../harness/daemon.ts'
import { freePort } from '../harness/devices.ts'

t.setTimeout(300_000)

/** Nobody is told of a line for which there was no descriptor; the daemon looks by itself this soon, in milliseconds, on a busy machine too. */
const LOOKS_MS = 180_000

const [LOGS, CONNECTIONS] = [60, 120]

/** A Node that may have so many files open. */
function nodeWith(folder: string, most: number): string {
  const path = join(folder, 'node')
  writeFileSync(path, `#!/bin/sh\nulimit -n ${most}\nexec '${process.execPath}' "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

for (const most of [64, 40]) {
  t.test(
    `at most ${most} files open`,
    { skip: process.platform === 'win32' && 'needs ulimit' },
    async (t) => {
      const home = temporaryFolder(t)
      const webPort = await freePort()
      writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { port: webPort } }))
      const logs = join(home, '.claude', 'projects', 'p')
      mkdirSync(logs, { recursive: true })
      const spend = (call: number) =>
        writeFileSync(join(logs, `s${call}.jsonl`), callLines(1, 1, `s${call}`), { flag: 'a' })
      for (let call = 0; call < LOGS; call++) spend(call)
      const running = await daemon(t, { home, node: nodeWith(temporaryFolder(t), most) })
      const { call } = running
      // A connection for which there is no descriptor is closed at once.
      const counts = (calls: number) =>
        until(
          async () =>
            (await call('usage.summary', { range: 'all' }).catch(() => null))?.total.calls === calls,
          `${calls} calls`,
          LOOKS_MS,
        )
      await counts(LOGS)
      await call('members.add', { name: 'before' })

      const crowd = Array.from({ length: CONNECTIONS }, (_, at) => {
        const socket: Socket = at % 2 === 0 ? connect(running.socket) : connect(webPort, '127.0.0.1')
        return socket.on('error', () => undefined)
      })
      for (let at = LOGS; at < 2 * LOGS; at++) spend(at)
      await sleep(2_000)
      t.equal(await Promise.race([running.ended, Promise.resolve('it lives')]), 'it lives', running.log())
      for (const socket of crowd) socket.destroy()

      await until(
        () =>
          call('daemon.hello').then(
            () => true,
            () => false,
          ),
        'it answers again',
      )
      const { checks } = await call('doctor.run')
      t.match(
        checks.find(({ code }) => code === 'descriptorsUsedUp'),
        { level: 'warning', says: new RegExp(`, of ${most} that`), next: /LimitNOFILE.*ulimit -n|ulimit -n/ },
        'doctor says it',
      )
      t.match(
        checks.find(({ subject }) => subject === 'descriptors')?.says,
        new RegExp(`^\\d+ open, of ${most} `),
      )
      // By itself once; the other one is told to.
      if (most === 40) await call('usage.rescan')
      await counts(2 * LOGS)
      await call('members.add', { name: 'after' })
      const names = (await call('members.list')).members.map(({ name }) => name)
      t.same(names.sort(), ['after', 'before'])
      t.match(await running.stop(), { code: 0 })
    },
  )
}
