// A real daemon for a test: dist/daemon/main.js on a temporary home, ended when the test ends.
// Tests expect dist/ to be built.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'

/** What tap's `t` offers here. */
export interface Teardown {
  teardown(end: () => unknown): unknown
}

export interface DaemonOptions {
  /** Default: a fresh folder, removed at the end. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
  /** Path of the Node that runs it. */
  readonly node?: string
  /** Options of that Node. */
  readonly words?: readonly string[]
  /** Where it listens, where `env` moves it out of its home. */
  readonly socket?: string
}

export interface Answer {
  readonly jsonrpc: '2.0'
  readonly id: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, string> }
}

export interface Daemon {
  readonly home: string
  readonly socket: string
  readonly pid: number
  /** Milliseconds from spawn until the socket answered. */
  readonly startedMs: number
  /** Everything it wrote to stderr so far. */
  readonly log: () => string
  /** The method's result; throws an Error with the answer's message, and its `code` and `data`. */
  call<M extends MethodName>(method: M, ...params: [Params<M>?]): Promise<Result<M>>
  /** Sends `signal`, default SIGTERM, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<Ended>
  /** Resolves when its process has ended, whatever ends it. */
  readonly ended: Promise<Ended>
  /** Ends it with daemon.stop and waits. */
  stop(): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How long a daemon may take to answer: beside dozens of others that start, on two cores, it takes many seconds. */
const START_MS = 60_000

export const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)))
export const DAEMON = join(ROOT, 'dist', 'daemon', 'main.js')

/** A short path, because a socket's may have 103 bytes; removed when the test ends. */
export function temporaryFolder(t: Teardown): string {
  const folder = mkdtempSync('/tmp/td-')
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** The environment of a test's process: no logs, settings or state of whoever runs the test. */
export function isolatedEnv(home: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return { PATH, HOME: home, TALLYD_HOME: home, TALLYD_LOG: 'warn', ...more }
}

/** Starts a daemon and waits until it answers. */
export async function daemon(t: Teardown, options: DaemonOptions = {}): Promise<Daemon> {
  const home = options.home ?? temporaryFolder(t)
  const env = isolatedEnv(home, options.env)
  const began = performance.now()
  const child = spawn(options.node ?? process.execPath, [...(options.words ?? []), DAEMON], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const socket = options.socket ?? join(env['TALLYD_HOME'] ?? home, 'tallyd.sock')
  await answering(socket, ended, () => log)
  const startedMs = performance.now() - began
  return {
    home,
    socket,
    pid: child.pid!,
    startedMs,
    log: () => log,
    ended,
    call: (method, ...[params]) => call(socket, method, params),
    async kill(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
    async stop() {
      await call(socket, 'daemon.stop')
      return ended
    },
  }
}

/** Calls a method of whoever listens on `socket`. */
export async function call<M extends MethodName>(
  socket: string,
  method: M,
  params?: Params<M>,
): Promise<Result<M>> {
  const { body } = await post(socket, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const answer = JSON.parse(body) as Answer
  if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), answer.error)
  return answer.result as Result<M>
}

/** One POST /rpc with any body and headers. */
export function post(
  socketPath: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const all = {
      host: 'tallyd',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    }
    const asked = request(
      { socketPath, path: '/rpc', method: 'POST', headers: all, agent: false },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
        answer.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Resolves when `check` is true; throws after `ms`. */
export async function until(
  check: () => boolean | Promise<boolean>,
  what: string,
  ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await sleep(10)
  }
}

export function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
}

async function answering(socket: string, ended: Promise<Ended>, log: () => string): Promise<void> {
  let end: Ended | undefined
  void ended.then((how) => {
    end = how
  })
  await until(
    async () => {
      if (end !== undefined) throw new Error(`the daemon ended (${end.code ?? end.signal}): ${log()}`)
      return (
        existsSync(socket) &&
        (await call(socket, 'daemon.hello').then(
          () => true,
          () => false,
        ))
      )
    },
    `the daemon answers: ${log()}`,
    START_MS,
  )
}

function rootOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'scripts'))
    ? folder
    : rootOf(dirname(folder))
}
