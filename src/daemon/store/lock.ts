// A lock that survives kill -9, reused process numbers, and eight daemons that start in the same moment.
// Node has no flock, and "remove the stale lock file, then create mine" lets two in. So every process places a
// claim, a file that carries its own name, and only then looks: whoever is alone with its claim holds the lock.
// Of two processes the one that placed its claim later sees the other's, so both cannot be alone.
import { existsSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallyError } from '../../contract/errors.ts'
import { startOf } from '../../contract/process.ts'

export interface Lock {
  release(): void
  /** Whether link and claim are still there; whoever removes their folder takes the lock away. */
  isHeld(): boolean
  /** Whether another living process holds it. */
  isTaken(): boolean
  /** Takes it again after it was removed. Throws as `acquireLock` does; then it is not held. */
  retake(): Promise<void>
}

interface Claim {
  readonly name: string
  readonly pid: number
}

/** How long claims without a holder are waited for, in milliseconds. */
const PATIENCE_MS = 3_000

/**
 * Holds the lock at `path`, a symbolic link that then names the holder's claim (a link needs no room on a full
 * disk); claims lie beside it as `path.PID.START`.
 * Throws TallyError alreadyRunning with the holder's pid, or stateUnwritable.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const own = claimName(path, process.pid)
  const deadline = performance.now() + PATIENCE_MS
  const withdraw = () => rmSync(join(dirname(path), own), { force: true })
  for (;;) {
    place(path, own)
    const others = livingClaims(path).filter(({ name }) => name !== own)
    if (others.length === 0) return hold(path, own, withdraw)
    const holder = others.find(({ name }) => name === holderOf(path))
    if (holder !== undefined || performance.now() > deadline) {
      withdraw()
      throw new TallyError('alreadyRunning', `pid ${(holder ?? others[0]!).pid}`)
    }
    // Nobody holds it yet: the first in order stays and waits for the others, who step back and come again.
    if (others.some(({ name }) => name < own)) withdraw()
    await sleep(5 + Math.random() * 20)
  }
}

function hold(path: string, own: string, withdraw: () => void): Lock {
  try {
    rmSync(path, { force: true })
    symlinkSync(own, path)
  } catch (error) {
    withdraw()
    throw unwritable(path, error, dirname(path))
  }
  return {
    release() {
      // The folder may have been removed, and another daemon live there now.
      if (holderOf(path) === own) rmSync(path, { force: true })
      withdraw()
    },
    isHeld: () => holderOf(path) === own && existsSync(join(dirname(path), own)),
    isTaken() {
      const holder = holderOf(path)
      return holder !== undefined && holder !== own && livingClaims(path).some(({ name }) => name === holder)
    },
    async retake() {
      await acquireLock(path)
    },
  }
}

function place(path: string, own: string): void {
  try {
    writeFileSync(join(dirname(path), own), '', { mode: 0o600 })
  } catch (error) {
    throw unwritable(dirname(path), error, dirname(path))
  }
}

function claimName(path: string, pid: number): string {
  return `${basename(path)}.${pid}.${startOf(pid) ?? 'unknown'}`
}

/** Claims whose processes live. Those of dead ones are removed: a name is never used by two processes. */
function livingClaims(path: string): Claim[] {
  const prefix = `${basename(path)}.`
  const living: Claim[] = []
  for (const name of readdirSync(dirname(path))) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('.')[0] : Number.NaN)
    if (!Number.isSafeInteger(pid) || pid <= 0) continue
    if (claimName(path, pid) === name) living.push({ name, pid })
    else rmSync(join(dirname(path), name), { force: true })
  }
  return living
}

function holderOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function unwritable(what: string, error: unknown, folder: string): TallyError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const next = `make ${folder} writable and free disk space, or choose another TALLYD_HOME`
  return new TallyError('stateUnwritable', `${what} (${code})`, next)
}
