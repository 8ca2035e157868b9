// One daemon a home: the safe folder of the socket, the lock, and the socket that a dead daemon left behind.
// docs/control-socket.md has the lock's rules and why they hold.
import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { basename } from 'node:path'
import { TallyError } from '../contract/errors.ts'
import { makeFolder, unmakeable, unsafeFolder } from '../contract/folder.ts'
import { longestSocketPath, type Paths } from '../contract/paths.ts'
import { acquireLock, type Lock } from './store/lock.ts'

/**
 * Makes this process the only daemon of its home. Throws TallyError badHome, alreadyRunning (its message names
 * the pid) or stateUnwritable. The lock is to be released after the listener has removed its socket.
 */
export async function claimInstance(paths: Paths, platform: string = process.platform): Promise<Lock> {
  refuseLongPath(paths.socket, platform)
  safeFolder(paths.run, paths)
  if (paths.state !== paths.run) stateFolder(paths)
  const lock = await acquireLock(paths.lock)
  try {
    await clearSocket(paths.socket)
  } catch (error) {
    lock.release()
    throw error
  }
  return lock
}

function refuseLongPath(socket: string, platform: string): void {
  const longest = longestSocketPath(platform)
  const bytes = Buffer.byteLength(socket)
  if (bytes <= longest) return
  throw new TallyError(
    'badHome',
    `the path ${socket} has ${bytes} bytes, a socket's may have ${longest}`,
    'set TALLYD_HOME to a folder with a shorter path',
  )
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
    const { isFile, says, next } = unmakeable(folder, error)
    throw new TallyError(isFile ? 'badHome' : 'stateUnwritable', says, next)
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
  return readdirSync(folder).every((name) => ours.includes(name))
}

/** Removes a socket that nobody listens on. Only to be called by who holds the lock. */
async function clearSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new TallyError('badHome', `${path} is not a socket`, `look at it, then run: rm '${path}'`)
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
