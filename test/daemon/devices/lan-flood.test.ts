// A crowd at the door, from the very address that a paired device comes from: that one is served all the same.
import { fork, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { ask, holdingsOf } from '../../harness/paired-client.ts'

const IDLE = 5_000
const HANDSHAKES_EACH = 600
const FLOOD_MS = 8_000

t.test('5,000 idle connections and 600 handshakes a second', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(two, one)
  await ask(holdings)
  const before = { rss: rssOf(one), cpu: cpuOf(one) }

  const words = [one.port, IDLE, HANDSHAKES_EACH].map(String)
  const flooder = fork(fileURLToPath(new URL('./lan-flooder.js', import.meta.url)), words)
  t.teardown(() => flooder.kill('SIGKILL'))
  let told = { tried: 0, finished: 0, held: 0 }
  flooder.on('message', (message) => {
    told = message as typeof told
  })
  await until(() => told.tried > 0, 'the flood begins')

  const control = await idleServer(t)
  const began = performance.now()
  const answers: number[] = []
  let late = 0
  let [largest, files, shutOut] = [0, 0, 0]
  while (performance.now() - began < FLOOD_MS) {
    const { status, ms } = await ask(holdings)
    if (status !== 200) t.fail(`status ${status}`)
    answers.push(ms)
    largest = Math.max(largest, rssOf(one))
    files = Math.max(files, readdirSync(`/proc/${one.daemon.pid}/fd`).length)
    await ask(holdings, { knocks: false }).catch(() => shutOut++)
    late = Math.max(late, await control())
    await sleep(100)
  }
  const seconds = (performance.now() - began) / 1000
  one.spend()
  const spent = performance.now()
  await until(async () => (await two.row(one))?.all.calls === one.calls, 'a change arrives')
  const changeMs = performance.now() - spent
  flooder.disconnect()

  const cpu = (cpuOf(one) - before.cpu) / seconds
  const slowest = Math.max(...answers)
  const grownMB = (largest - before.rss) / 1024
  t.comment(
    `tried ${told.tried}, finished ${told.finished}, open at most ${files}; ${answers.length} new connections of the paired device, ` +
      `slowest ${slowest.toFixed(0)} ms; +${grownMB.toFixed(1)} MB; ${(cpu * 100).toFixed(0)} % of a core; a change took ${changeMs.toFixed(0)} ms; an idle server that nobody floods was ${late.toFixed(0)} ms late`,
  )
  t.ok(told.tried > (HANDSHAKES_EACH * seconds) / 2, 'there was a flood')
  t.ok(slowest < 1_000, `slowest answer ${slowest} ms`)
  t.ok(grownMB < 50, `memory grew by ${grownMB} MB`)
  t.ok(changeMs < 4_000, `a change took ${changeMs} ms`)
  t.ok(files < 800, `${files} open files`)
  t.ok(shutOut > answers.length / 2, `without a knock ${shutOut} of ${answers.length} were shut out`)
  t.equal((await one.row(two))?.problem, null)
  t.equal(one.daemon.log(), '')
})

/** A bare HTTP server in a process of its own; returns how long one question to it takes, in milliseconds. */
async function idleServer(t: Test): Promise<() => Promise<number>> {
  const code =
    "const s = require('http').createServer((_, r) => r.end()); s.listen(0, '127.0.0.1', () => process.send(s.address().port))"
  const server = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  t.teardown(() => server.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) => server.once('message', (told) => resolve(Number(told))))
  return async () => {
    const asked = performance.now()
    await (await fetch(`http://127.0.0.1:${port}/`)).text()
    return performance.now() - asked
  }
}

function rssOf({ daemon }: Device): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1])
}

/** User and system time so far, in seconds. */
function cpuOf({ daemon }: Device): number {
  const fields = readFileSync(`/proc/${daemon.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
