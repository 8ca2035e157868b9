// What the supervisor that started us is told: ready, reloading, stopping, and now and then that we still answer. Only systemd listens
// (sd_notify(3)); where nobody does, nothing is told. docs/decisions/0017-telling-systemd.md says why by a program.
import { execFile } from 'node:child_process'
import type { Log } from './store/log.ts'

export interface Supervisor {
  /** The socket answers. From now on the supervisor is told again and again that it does, if it wants to hear. Never throws. */
  ready(): void
  /** Runs `work` between the two messages of a reload. */
  reloading(work: () => Promise<void>): Promise<void>
  /** Tells that it ends, and looks no more; resolves when that is told, or after a moment. Never throws. */
  stopping(): Promise<void>
}

interface SupervisorContext {
  readonly env: Record<string, string | undefined>
  readonly pid: number
  readonly log: Log
  /** Resolves where the daemon answers as it should; is broken off by the signal. */
  readonly check: (patience: AbortSignal) => Promise<unknown>
  /** Sends lines such as `READY=1`; rejects where that failed. For tests. */
  readonly send?: (lines: readonly string[], socket: string) => Promise<void>
}

/** How long one message may take, in milliseconds: `systemd-notify` waits until it was read. */
const SEND_MS = 2_000
/** A second look where the first one failed, in milliseconds: a machine that is busy for a moment is no reason to die. */
const AGAIN_MS = 5_000
/** How often a look is made, and how long its answer may take, as parts of the time after which the supervisor kills: watchdog(3) advises half. */
const [LOOK_SHARE, PATIENCE_SHARE] = [1 / 2, 1 / 4]

export function createSupervisor({ env, pid, log, check, send = notify }: SupervisorContext): Supervisor {
  const socket = env['NOTIFY_SOCKET']
  const wantedMs = watchdogMs(env, pid)
  // What we start is not to speak for us.
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  let timer: NodeJS.Timeout | undefined
  let isStopping = false

  async function tell(...lines: readonly string[]): Promise<boolean> {
    if (socket === undefined || socket === '') return true
    try {
      await send(lines, socket)
      return true
    } catch (error) {
      log.error(`systemd was not told ${lines.join(' ')}`, error)
      return false
    }
  }

  function lookIn(ms: number): void {
    if (isStopping || wantedMs === null) return
    timer = setTimeout(() => void look(wantedMs), ms).unref()
  }

  async function look(wanted: number): Promise<void> {
    try {
      await check(AbortSignal.timeout(wanted * PATIENCE_SHARE))
    } catch (error) {
      log.error('tallyd does not answer itself, so its supervisor is not told that it lives', error)
      return lookIn(Math.min(AGAIN_MS, wanted / 10))
    }
    if (isStopping) return
    const isTold = await tell('WATCHDOG=1')
    lookIn(isTold ? wanted * LOOK_SHARE : Math.min(AGAIN_MS, wanted / 10))
  }

  return {
    ready() {
      void tell('READY=1', 'STATUS=answers on its control socket')
      lookIn((wantedMs ?? 0) * LOOK_SHARE)
    },
    async reloading(work) {
      await tell('RELOADING=1')
      await work().finally(() => (isStopping ? undefined : tell('READY=1')))
    },
    async stopping() {
      isStopping = true
      clearTimeout(timer)
      await tell('STOPPING=1')
    },
  }
}

/** After how many milliseconds without a message the supervisor kills us; null where it does not. sd_watchdog_enabled(3). */
function watchdogMs(env: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const { WATCHDOG_USEC: usec, WATCHDOG_PID: meant, NOTIFY_SOCKET: socket } = env
  if (socket === undefined || usec === undefined || !/^\d{1,16}$/.test(usec)) return null
  if (meant !== undefined && meant !== String(pid)) return null
  const ms = Number(usec) / 1000
  return ms > 0 ? ms : null
}

function notify(lines: readonly string[], socket: string): Promise<void> {
  const options = {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    timeout: SEND_MS,
    killSignal: 'SIGKILL',
  } as const
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...lines], options, (error) => (error === null ? resolve() : reject(error)))
  })
}
