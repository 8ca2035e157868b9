// Status bars: how long one widget takes, what those who follow cost while nothing changes, and what a thousand of them add to
// the time between a call and its notification.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { processorSeconds, treeOf } from '../process-tree.ts'
import { type Latencies, latenciesOf } from '../statistics.ts'
import { environment } from '../surroundings.ts'
import type { Tallyd } from '../tallyd.ts'
import { measureAppend } from './append.ts'

const REQUESTS = 2_000
const MANY = 1_000
/** After it has begun to follow, a crowd gets as long to settle, in milliseconds. */
const SETTLE_MS = 5_000

export interface Widgets {
  /** Milliseconds of GET /widgets/waybar, on a connection that is kept and on new ones. */
  readonly get: Readonly<Record<string, Latencies>>
  /** Seconds of the daemon's processor time in `seconds` in which nothing changes, by how many follow. */
  readonly quiet: { readonly seconds: number; readonly processor: Readonly<Record<string, number>> }
  /** Milliseconds from an append to its notification, by how many follow. */
  readonly append: Readonly<Record<string, Latencies>>
}

/** `quietSeconds`: how long it is watched while nothing changes. */
export async function measureWidgets(tallyd: Tallyd, quietSeconds: number): Promise<Widgets> {
  const pid = tallyd.spawn()
  await tallyd.waitUntilReady()
  const get = {
    'kept connection': await measureGet(tallyd.socket, new Agent({ keepAlive: true, maxSockets: 1 })),
    'new connections': await measureGet(tallyd.socket, new Agent()),
  }
  const processor: Record<string, number> = {}
  for (const count of [0, 1, MANY]) {
    const crowd = await follow(tallyd, count)
    await sleep(SETTLE_MS)
    const before = processorSeconds(treeOf(pid))
    await sleep(quietSeconds * 1000)
    processor[count] = processorSeconds(treeOf(pid)) - before
    await leave(crowd)
  }
  await tallyd.stop()
  const append: Record<string, Latencies> = {}
  // In turns, so that a busy moment of the machine is not one side's alone.
  for (const round of ['', ', again']) {
    for (const count of [0, MANY]) {
      // The same calls are appended each time, and count only once.
      tallyd.forget()
      append[`${count} follow${round}`] = await measureAppend(tallyd, async () => {
        const crowd = await follow(tallyd, count)
        return () => leave(crowd)
      })
    }
  }
  return { get, quiet: { seconds: quietSeconds, processor }, append }
}

async function measureGet(socketPath: string, agent: Agent): Promise<Latencies> {
  const measured: number[] = []
  for (let n = -50; n < REQUESTS; n++) {
    const begin = performance.now()
    const asked = request({ socketPath, path: '/widgets/waybar', headers: { host: 'tallyd' }, agent }).end()
    const [answer] = await once(asked, 'response')
    for await (const _ of answer);
    // The first ones warm up what is measured.
    if (n >= 0) measured.push(performance.now() - begin)
  }
  agent.destroy()
  return latenciesOf(measured)
}

/** A process that follows so many times; resolves when each has its first widget. */
async function follow({ at, socket }: Tallyd, count: number): Promise<ChildProcess | null> {
  if (count === 0) return null
  const code = `
    const { connect } = require('node:net')
    let ready = 0
    const open = () => {
      const socket = connect(${JSON.stringify(socket)})
      socket.write('GET /widgets/waybar?follow=1 HTTP/1.0\\r\\nHost: tallyd\\r\\n\\r\\n')
      socket.once('data', () => {
        if (++ready === ${count}) process.stdout.write('ready')
        // Fewer at once than the system lets wait for an accept.
        else if (ready % 100 === 0) begin(Math.min(100, ${count} - ready))
      })
      socket.on('data', () => undefined)
    }
    const begin = (some) => { for (let n = 0; n < some; n++) open() }
    begin(Math.min(100, ${count}))`
  const crowd = spawn(process.execPath, ['-e', code], {
    env: environment(at),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(crowd.stdout!, 'data')
  return crowd
}

async function leave(crowd: ChildProcess | null): Promise<void> {
  if (crowd === null) return
  const ended = once(crowd, 'exit')
  crowd.kill('SIGKILL')
  await ended
}
