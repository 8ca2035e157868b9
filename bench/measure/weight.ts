// What tallyd weighs with everything switched on: paired, found by multicast DNS, its web listener open, a vault with a secret in it, a bar and a
// subscriber that follow, budgets. Beside it the same daemon alone, and a Node that has nothing to do.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../../src/contract/daemon.ts'
import type { Check } from '../../src/contract/doctor.ts'
import { freePort } from '../../test/harness/devices.ts'
import { INTERFACE } from '../own-network.ts'
import { residentMemory, treeOf } from '../process-tree.ts'
import { runToEnd } from '../rivals.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { environment } from '../surroundings.ts'
import { Tallyd } from '../tallyd.ts'

/** Commands that print what the daemon has at hand, as a person types them. */
const COMMANDS = [
  [],
  ['usage', 'week'],
  ['devices'],
  ['status'],
  ['budgets'],
  ['quotas'],
  ['requests'],
  ['tokens'],
  ['sources'],
  ['vault'],
  ['secrets'],
  ['web'],
  ['widgets', 'show', 'waybar'],
] as const
const ROUNDS = 15
const STARTS = 7

export interface Weight {
  /** Bytes, some while after a restart. */
  readonly resident: Readonly<Record<string, number>>
  /** Milliseconds from spawning until it is ready, on an unchanged index. */
  readonly readyMs: Readonly<Record<string, Spread>>
  /** Milliseconds of a whole process. */
  readonly commandMs: Readonly<Record<string, Spread>>
}

export interface WeightPlan {
  /** With logs in it. */
  readonly home: string
  /** Empty, for what the daemons keep. */
  readonly folder: string
  readonly dist: string
  readonly idleSeconds: number
}

export async function measureWeight({ home, folder, dist, idleSeconds }: WeightPlan): Promise<Weight> {
  const alone = new Tallyd({ home, tallydHome: join(folder, 'alone') }, dist)
  const full = new Tallyd({ home, tallydHome: join(folder, 'full') }, dist)
  const other = new Tallyd({ home: join(folder, 'nobody'), tallydHome: join(folder, 'other') }, dist)
  for (const each of [alone, full, other]) each.forget()
  const script = join(folder, 'empty.cjs')
  writeFileSync(script, '')
  writeFileSync(join(folder, 'idle.cjs'), 'setInterval(() => {}, 1e9)\n')
  writeFileSync(join(alone.at.tallydHome, 'config.json'), JSON.stringify({ web: { mode: 'off' } }))
  await switchOn(full, other)
  alone.spawn()
  await alone.waitUntilReady()
  await alone.stop()

  const empty = [process.execPath, script] as const
  const readyMs = await inTurns(STARTS, {
    'everything on': () => readyAfter(full),
    alone: () => readyAfter(alone),
    'empty Node': async () => (await runToEnd(empty, full.at)).ms,
  })
  full.spawn()
  await full.waitUntilReady()
  const commandMs = await inTurns(ROUNDS, {
    'empty Node': async () => (await runToEnd(empty, full.at)).ms,
    ...Object.fromEntries(
      COMMANDS.map((words) => [
        `tallyctl ${words.join(' ')}`.trim(),
        async () => (await runToEnd(full.client(...words), full.at)).ms,
      ]),
    ),
  })
  await full.stop()
  const resident = {
    'everything on': await restedWith(full, idleSeconds),
    alone: await restedWith(alone, idleSeconds),
    'empty Node': await restedNode(full, join(folder, 'idle.cjs'), idleSeconds),
  }
  await other.stop()
  return { resident, readyMs, commandMs }
}

/** Leaves `other` running, and `full` stopped. */
async function switchOn(full: Tallyd, other: Tallyd): Promise<void> {
  for (const [tallyd, name] of [
    [full, 'desk'],
    [other, 'laptop'],
  ] as const) {
    const config = {
      device: { name },
      lan: { port: await freePort() },
      web: { port: await freePort() },
      discovery: { interfaces: [INTERFACE] },
      budgets: { daily: 50, weekly: 200, monthly: 500 },
    }
    writeFileSync(join(tallyd.at.tallydHome, 'config.json'), JSON.stringify(config))
    tallyd.spawn()
    await tallyd.waitUntilReady()
  }
  const [desk, laptop] = [await full.connect(), await other.connect()]
  const { invited } = await laptop.call<{ invited: { code: string; addresses: string[] } }>('pairing.invite')
  await desk.call('pairing.join', { address: invited.addresses[0], code: invited.code })
  await desk.call('vault.protect', { key: 'file' })
  await desk.call('secrets.add', { name: 'key', secret: { type: 'api-key', fields: { apiKey: 'x' } } })
  await desk.call('tokens.create', { member: 'kitchen', scopes: ['dashboard:read'] })
  await found(desk)
  desk.close()
  laptop.close()
  await full.stop()
}

/** Until discovery sees the other one. Throws Error after a while. */
async function found(desk: Awaited<ReturnType<Tallyd['connect']>>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const { checks } = await desk.call<{ checks: readonly Check[] }>('doctor.run')
    if (checks.some(({ code }) => code === 'discovery')) return
    await sleep(500)
  }
  throw new Error('the other device is not found by multicast DNS')
}

async function readyAfter(tallyd: Tallyd): Promise<number> {
  const begin = performance.now()
  tallyd.spawn()
  const connection = await tallyd.connect()
  while (!(await connection.call<Status>('daemon.status')).ready) await sleep(1)
  const ms = performance.now() - begin
  connection.close()
  await tallyd.stop()
  return ms
}

/** Resident bytes of the daemon, followed by a bar and a subscriber, after it was left alone. */
async function restedWith(tallyd: Tallyd, seconds: number): Promise<number> {
  const pid = tallyd.spawn()
  await tallyd.waitUntilReady()
  const connection = await tallyd.connect()
  await connection.subscribe('usage.changed', { range: 'today' }, () => undefined)
  const bar = get({ socketPath: tallyd.socket, path: '/widgets/waybar?follow=1' }, (reply) => reply.resume())
  bar.on('error', () => undefined)
  await sleep(seconds * 1000)
  const bytes = residentMemory(treeOf(pid))
  bar.destroy()
  connection.close()
  await tallyd.stop()
  return bytes
}

async function restedNode({ at }: Tallyd, script: string, seconds: number): Promise<number> {
  const child = spawn(process.execPath, [script], { env: environment(at), stdio: 'ignore' })
  await sleep(seconds * 1000)
  const bytes = residentMemory(treeOf(child.pid!))
  child.kill()
  return bytes
}

/** Each once a round, so that a busy moment of the machine is not one side's alone. */
async function inTurns(
  rounds: number,
  all: Readonly<Record<string, () => Promise<number>>>,
): Promise<Record<string, Spread>> {
  const runs: Record<string, number[]> = {}
  for (const [name, run] of Object.entries(all)) {
    await run()
    runs[name] = []
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(all)) runs[name]!.push(await run())
  }
  return Object.fromEntries(Object.entries(runs).map(([name, each]) => [name, spreadOf(each)]))
}
