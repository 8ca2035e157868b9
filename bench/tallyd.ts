// Runs the built daemon and client as users run them, and talks to the control socket.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Status } from '../src/contract/daemon.ts'
import { runToEnd } from './rivals.ts'
import { environment, type Surroundings } from './surroundings.ts'

// A benchmark that fails must not leave daemons behind.
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const daemon of living) daemon.kill('SIGKILL')
})

export class Tallyd {
  readonly at: Surroundings
  readonly #dist: string
  readonly #node: string
  #daemon: ChildProcess | null = null

  /** `dist` is the built project; `node` the binary that runs it. */
  constructor(at: Surroundings, dist: string, node = process.execPath) {
    this.at = at
    this.#dist = dist
    this.#node = node
  }

  get socket(): string {
    return join(this.at.tallydHome, 'tallyd.sock')
  }

  /** Removes everything the daemon keeps. */
  forget(): void {
    rmSync(this.at.tallydHome, { recursive: true, force: true })
    mkdirSync(this.at.tallydHome, { recursive: true, mode: 0o700 })
  }

  /** Spawns the daemon and returns its pid; it need not answer yet. */
  spawn(): number {
    const main = join(this.#dist, 'daemon', 'main.js')
    this.#daemon = spawn(this.#node, [main], { env: environment(this.at), stdio: 'ignore' })
    if (this.#daemon.pid === undefined) throw new Error('the daemon did not start')
    living.add(this.#daemon)
    return this.#daemon.pid
  }

  client(...args: string[]): readonly [string, ...string[]] {
    return [this.#node, join(this.#dist, 'ctl', 'main.js'), ...args]
  }

  /** The client's answer to a command with --json. */
  async ask<T>(...args: string[]): Promise<T> {
    return JSON.parse((await runToEnd(this.client(...args, '--json'), this.at)).stdout)
  }

  /** Returns when the first index is done, as scripts wait for it. */
  waitUntilReady(): Promise<Status> {
    return this.ask('status', '--wait', '600s')
  }

  /** Connects as soon as the socket answers, without the client's start in between. */
  async connect(): Promise<Connection> {
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(1)) {
      const connection = await Connection.open(this.socket)
      if (connection !== null) return connection
    }
    throw new Error('the control socket did not answer within 60 s')
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon === null) return
    this.#daemon = null
    if (daemon.exitCode !== null || daemon.signalCode !== null) throw new Error('the daemon had died')
    const gone = new Promise((resolve) => daemon.once('exit', resolve))
    await runToEnd(this.client('stop'), this.at)
    await gone
    living.delete(daemon)
  }
}

type Notified = (value: unknown) => void

/** One WebSocket on the control socket. */
export class Connection {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #lastId = 0
  #notified: Notified = () => {}
  /** Resolves when it has ended, whatever ended it. */
  readonly closed: Promise<void>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#receive(JSON.parse(String(data))))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    void this.closed.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection ended'))
    })
  }

  /** null where nothing answers yet. */
  static open(path: string): Promise<Connection | null> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws+unix:${path}:/rpc`, { headers: { host: 'tallyd' } })
      socket.once('open', () => resolve(new Connection(socket)))
      socket.once('error', () => resolve(null))
    })
  }

  call<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject })
    })
  }

  /** Subscribes; `notified` gets each value as it arrives. */
  async subscribe(event: string, params: object, notified: Notified): Promise<void> {
    this.#notified = notified
    await this.call('events.subscribe', { event, params })
  }

  close(): void {
    this.#socket.close()
  }

  #receive(message: {
    id?: number
    result?: unknown
    error?: { message: string }
    params?: { value: unknown }
  }) {
    if (message.id === undefined) {
      this.#notified(message.params?.value)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error !== undefined) waiting?.reject(new Error(message.error.message))
    else waiting?.resolve(message.result)
  }
}
