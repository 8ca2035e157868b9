// One daemon a home: the safe folder of the socket, the lock, and the socket that a dead daemon left behind; and that
// all three stay where they are.
// docs/control-socket.md has the lock's rules and why they hold.
import { chmodSync, existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { basename } from 'node:path'
import { TallyError } from '../contract/errors.ts'
import { makeFolder, unmakeable, unsafeFolder } from '../contract/folder.ts'
import { LAUNCH_FILES, type Paths } from '../contract/paths.ts'
import { elsewhere, isByRuntimeDir, tooLong } from '../contract/run-folder.ts'
import { quoted } from '../contract/shell-words.ts'
import { holderElsewhere, type StateHolder } from '../contract/state-holder.ts'
import type { StoredIncidents } from './store/incidents.ts'
import { acquireLock, type Lock } from './store/lock.ts'
import type { Log } from './store/log.ts'

/** How often the daemon looks whether its folders, lock and socket are still there, in milliseconds. Nothing may wake an idle daemon more than every 10 s. */
const LOOK_MS = 10_000

/**
 * Makes this process the only daemon of its home. Throws TallyError badHome, alreadyRunning (its message names
 * the pid) or stateUnwritable. The lock is to be released after the listener has removed its socket.
 */
export async function claimInstance(
  paths: Paths,
  platform: string = process.platform,
): Promise<InstanceLock> {
  refuseLongPath(paths, platform)
  safeFolder(paths.run, paths)
  if (paths.state !== paths.run) stateFolder(paths)
  const lock = await acquireLock(paths.lock)
  let ofState: Lock | null = null
  const release = () => {
    lock.release()
    ofState?.release()
  }
  try {
    ofState = await claimState(paths)
    await clearSocket(paths.socket)
  } catch (error) {
    release()
    throw error
  }
  return {
    ...lock,
    release,
    async keepState() {
      if (ofState === null) ofState = await claimState(paths)
      else if (!ofState.isHeld() && existsSync(paths.state)) await ofState.retake()
    },
  }
}

/** The lock of the socket, and that of the state where it lies elsewhere. */
export interface InstanceLock extends Lock {
  /** Takes the one of the state again, or at last, where it is not held. Throws TallyError alreadyRunning. */
  keepState(): Promise<void>
}

/**
 * A tallyd that was started with another XDG_RUNTIME_DIR, or without, has another socket and the same state. Null where the state folder is
 * the run folder, or cannot be written: it is tried again.
 */
async function claimState(paths: Paths): Promise<Lock | null> {
  const { lock, stateLock, state } = paths
  if (stateLock === lock) return null
  try {
    return await acquireLock(stateLock)
  } catch (error) {
    if (!(error instanceof TallyError)) return null
    if (error.error === 'stateUnwritable') return null
    throw TallyError.saying(
      'alreadyRunning',
      `${error.message}, with the same state (${state}) and another XDG_RUNTIME_DIR`,
      toReach(holderElsewhere(paths)),
    )
  }
}

function toReach(holder: StateHolder | null): string {
  return holder === null
    ? 'set XDG_RUNTIME_DIR as it was when that one was started, or end it with kill; then try again'
    : `run: ${holder.find}; or end it: kill ${holder.pid}, then try again`
}

function refuseLongPath(paths: Paths, platform: string): void {
  const long = tooLong(paths, platform)
  if (long !== null) throw new TallyError('badHome', long.says, long.next)
}

/** A state folder that cannot be made is no reason not to answer: what writes there reports it. */
function stateFolder(paths: Paths): void {
  try {
    safeFolder(paths.state, paths)
  } catch (error) {
    if (!(error instanceof TallyError && error.error === 'stateUnwritable')) throw error
  }
}

/** Makes the folder, 0700, or checks that it is a real folder of ours that nobody else can enter. */
function safeFolder(folder: string, paths: Paths): void {
  try {
    makeFolder(folder)
  } catch (error) {
    const { isFile, says, next } = unmakeable(folder, error, elsewhere(folder, paths))
    const isRuntime = folder === paths.run && isByRuntimeDir(paths)
    throw new TallyError(isFile || isRuntime ? 'badHome' : 'stateUnwritable', says, next)
  }
  const unsafe = unsafeFolder(folder)
  if (unsafe === null) return
  // Others could read it but not write: if it holds nothing foreign, nothing but privacy is lost by closing it.
  if (unsafe.mode !== undefined && (unsafe.mode & 0o022) === 0 && holdsOnlyOurs(folder, paths)) {
    chmodSync(folder, 0o700)
    return
  }
  throw new TallyError('badHome', unsafe.says, unsafe.next)
}

function holdsOnlyOurs(folder: string, paths: Paths): boolean {
  const ours = Object.values(paths).map((path) => basename(path))
  return readdirSync(folder).every((name) => ours.includes(name) || LAUNCH_FILES.test(name))
}

/** Removes a socket that nobody listens on. Only to be called by who holds the lock. */
async function clearSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new TallyError('badHome', `${path} is not a socket`, `look at it, then run: rm ${quoted(path)}`)
  }
  // Somebody may listen although the lock is ours: a daemon in another container that shares this folder.
  if (await answers(path)) throw new TallyError('alreadyRunning', `something listens on ${path}`)
  rmSync(path, { force: true })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else if (error.code === 'EAGAIN') resolve(true)
      else reject(new TallyError('badHome', `${path} cannot be opened (${error.code ?? error.message})`))
    })
  })
}

interface KeptContext {
  readonly paths: Paths
  readonly lock: InstanceLock
  readonly listener: {
    /** Whether the socket that lies there is the one that is listened on. */
    isOurs(): boolean
    /** Listens again where nothing lies. Throws where that cannot be. */
    reopen(): Promise<void>
  }
  readonly incidents: Pick<StoredIncidents, 'record' | 'flush'>
  readonly log: Log
  /** Called once, when another daemon has this home. */
  readonly lost: () => void
  /** Shorter in tests. */
  readonly lookMs?: number
}

export interface KeptInstance {
  /** Looks no more; resolves when a look that has begun is done. */
  stop(): Promise<void>
}

/**
 * Makes folders, lock and socket again when they were removed, and records that as an incident. The lock comes first:
 * whoever holds it may touch the socket. Where they cannot be made it goes on, and tries again at the next look.
 */
export function keepInstance(context: KeptContext): KeptInstance {
  const { paths, lock, listener, incidents, log, lost, lookMs = LOOK_MS } = context
  let looking: Promise<void> | undefined
  let stopped = false
  let told: string | undefined
  // One that could not be made at the start was not removed.
  const hadState = existsSync(paths.state)
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error) => log.error('looking after the socket failed', error))
      .finally(() => {
        looking = undefined
      })
  }, lookMs).unref()

  async function look(): Promise<void> {
    const gone = whatIsGone()
    if (gone === undefined) return keepState()
    try {
      await makeAgain()
    } catch (error) {
      if (await isTakenOver(error)) end()
      else tell(gone, `and cannot be made again: ${error instanceof Error ? error.message : String(error)}`)
      return
    }
    if (stopped) return
    tell(gone, 'and was made again')
    told = undefined
    await keepState()
    // The disk may have refused the list meanwhile, and would be asked again only a minute later.
    await incidents.flush()
  }

  /** Two that write the same state would lose what one of them was told. */
  async function keepState(): Promise<void> {
    try {
      await lock.keepState()
    } catch (error) {
      if (!(error instanceof TallyError && error.error === 'alreadyRunning')) throw error
      end()
    }
  }

  function whatIsGone(): string | undefined {
    if (!existsSync(paths.run)) return paths.run
    if (!lock.isHeld()) return paths.lock
    if (!listener.isOurs()) return paths.socket
    return hadState && !existsSync(paths.state) ? paths.state : undefined
  }

  async function makeAgain(): Promise<void> {
    safeFolder(paths.run, paths)
    if (!lock.isHeld()) await lock.retake()
    // A socket with our number may be that of a daemon that came and died meanwhile: numbers are used again.
    if (!listener.isOurs() || !(await answers(paths.socket))) {
      await clearSocket(paths.socket)
      if (stopped) return
      await listener.reopen()
    }
    if (hadState) safeFolder(paths.state, paths)
  }

  /** A process that only wants the lock has not taken over, and may yet step back. */
  async function isTakenOver(error: unknown): Promise<boolean> {
    if (!(error instanceof TallyError && error.error === 'alreadyRunning')) return false
    return lock.isTaken() || (!listener.isOurs() && (await answers(paths.socket)))
  }

  function end(): void {
    if (stopped) return
    log.error(`another tallyd has taken over ${paths.run} or ${paths.state}, so this one ends`)
    stopped = true
    clearInterval(timer)
    lost()
  }

  /** Once, not at every look. */
  function tell(gone: string, outcome: string): void {
    const says = `${gone} was removed while tallyd ran, ${outcome}`
    if (says === told) return
    told = says
    const next = "to remove tallyd's files, first run: tallyctl stop"
    incidents.record({ code: 'removedWhileRunning', subject: gone, says, next })
  }

  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await looking
    },
  }
}
