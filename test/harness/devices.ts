// Several real devices of one person for a test: daemons on temporary homes that meet on loopback, each with a few calls of
// its own in its log. Tests expect dist/ to be built.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../../src/contract/config.ts'
import type { DeviceRow } from '../../src/contract/devices.ts'
import { ERRORS, type ErrorName } from '../../src/contract/errors.ts'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'
import type { Direction } from '../../src/contract/pairing.ts'
import { type Daemon, daemon, type Ended, type Teardown, temporaryFolder, until } from './daemon.ts'

export interface DevicesOptions {
  /** What goes into the config of device `at` besides its name and its LAN port. */
  readonly config?: (at: number) => Config
  readonly env?: Readonly<Record<string, string>>
  /** Path of the Node that runs them. */
  readonly node?: string
}

export interface Device {
  /** `device-0`, `device-1`, …, as its config says. */
  readonly name: string
  readonly home: string
  /** Of its LAN listener, which is closed until something opens it. */
  readonly port: number
  /** `127.0.0.1:port`. */
  readonly address: string
  /** How many calls its logs have: 1 for device 0, 2 for device 1, … each of 1 token in and 100 out. */
  readonly calls: number
  /** The process that runs now, or ran last. */
  readonly daemon: Daemon
  /** The method's result; throws an Error with the answer's message, and its `code` and `data`. */
  call<M extends MethodName>(method: M, ...params: [Params<M>?]): Promise<Result<M>>
  /** Its fingerprint. */
  id(): Promise<string>
  /** Its row about `other`, known by its name; undefined where it does not know it. */
  row(other: Pick<Device, 'name'>): Promise<DeviceRow | undefined>
  /** Adds a call to its log, or to that of another session. */
  spend(session?: string): void
  /** Ends the process, SIGTERM by default. */
  end(signal?: NodeJS.Signals): Promise<Ended>
  /** Starts it again on the same home, after `end`; resolves when others can reach it, where they should. */
  start(): Promise<void>
}

/** Starts `count` devices; none knows another. */
export function devices(t: Teardown, count: number, options: DevicesOptions = {}): Promise<Device[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => device(t, at, options)))
}

/** `inviter` shows a code and `typist` types it; resolves when each shows the other's numbers live. */
export async function pairByCode(typist: Device, inviter: Device): Promise<void> {
  await joinByCode(typist, inviter)
  await areLive(typist, inviter)
}

/** The same with a direction, as the typist sees it, and without waiting for numbers. */
export async function joinByCode(
  typist: Device,
  inviter: Device,
  direction: Direction = 'mutual',
): Promise<void> {
  const { invited } = await inviter.call('pairing.invite')
  await typist.call('pairing.join', { address: inviter.address, code: invited.code, direction })
}

/** Resolves when each shows the other's numbers live. */
export async function areLive(one: Device, other: Device): Promise<void> {
  for (const [reader, giver] of [
    [one, other],
    [other, one],
  ] as const) {
    await until(
      async () => (await reader.row(giver))?.freshness === 'live',
      `${reader.name} shows ${giver.name} live`,
    )
  }
}

/** The name of the error with which a call failed, or `it worked`. */
export async function failureOf(calling: Promise<unknown>): Promise<ErrorName | 'it worked'> {
  try {
    await calling
    return 'it worked'
  } catch (error) {
    const { code } = error as { code?: unknown }
    const found = Object.entries(ERRORS).find(([, row]) => row.code === code)
    if (found === undefined) throw error
    return found[0] as ErrorName
  }
}

/** Ports are given one after the other: of fifty drawn from twelve thousand two would be the same in one test run of ten. */
const [FIRST_PORT, PORTS] = [20_000, 12_000]
let given = Math.floor(Math.random() * PORTS)

/** A TCP port that nobody has, below those that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + (given++ % PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}

async function device(t: Teardown, at: number, options: DevicesOptions): Promise<Device> {
  const { config, env = {}, node } = options
  const home = temporaryFolder(t)
  const port = await freePort()
  const name = `device-${at}`
  const lan = { address: '127.0.0.1', port }
  writeFileSync(join(home, 'config.json'), JSON.stringify({ device: { name }, lan, ...config?.(at) }))
  const logs = join(home, '.claude', 'projects', 'p')
  mkdirSync(logs, { recursive: true })
  let lines = 0
  const spend = (session = name) =>
    writeFileSync(join(logs, `${session}.jsonl`), lineOf(session, lines++), { flag: 'a' })
  while (lines <= at) spend()

  const run = () => daemon(t, { home, env, ...(node === undefined ? {} : { node }) })
  let running = await run()
  return {
    name,
    home,
    port,
    spend,
    address: `127.0.0.1:${port}`,
    get calls() {
      return lines
    },
    get daemon() {
      return running
    },
    call: (method, ...params) => running.call(method, ...params),
    id: async () => (await running.call('identity.show')).identity.id,
    async row(other) {
      const { devices: rows } = await running.call('devices.list', { timeZone: 'UTC' })
      return rows.find((row) => row.name === other.name)
    },
    end: (signal) => running.kill(signal),
    async start() {
      running = await run()
      // A daemon is ready before its devices are.
      await until(async () => {
        const { open, mode, problem } = (await running.call('sharing.show')).sharing
        return open || mode === 'off' || problem !== null
      }, `${name} listens again`)
    },
  }
}

/** Call `n` of a session, as Claude Code logs it. */
function lineOf(session: string, n: number): string {
  const timestamp = new Date(Date.now() - 1_000).toISOString()
  const usage = { input_tokens: 1, output_tokens: 100 }
  const message = {
    model: 'claude-opus-4-5',
    id: `msg_${session}_${n}`,
    content: [],
    stop_reason: null,
    usage,
  }
  const line = { type: 'assistant', sessionId: session, message, requestId: `req_${session}_${n}`, timestamp }
  return `${JSON.stringify(line)}\n`
}
