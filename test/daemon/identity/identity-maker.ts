// Makes, renews or adopts an identity as a process of its own: in a race, whenever its parent says a path, or once,
// and then it kills itself before the step that it is told, or prints all steps if that is 0.
import { writeSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { IdentityContext } from '../../../src/daemon/identity/identity.ts'

const require = createRequire(import.meta.url)

interface Order {
  readonly act: 'make' | 'renew' | 'adopt'
  readonly path: string
  readonly machineId: string
}

const [, , word, step] = process.argv

if (word === 'race') {
  const identity = await import('../../../src/daemon/identity/identity.ts')
  process.on('message', async (path: string) => {
    process.send!((await identity.makeIdentity(contextOf({ act: 'make', path, machineId: 'm' }))).fingerprint)
  })
  process.send!('ready')
} else {
  dieAt(Number(step))
  const order = JSON.parse(word!) as Order
  const identity = await import('../../../src/daemon/identity/identity.ts')
  if (order.act === 'make') await identity.makeIdentity(contextOf(order))
  if (order.act === 'renew') await identity.renewIdentity(contextOf(order))
  if (order.act === 'adopt') await identity.adoptIdentity(contextOf(order))
}

function contextOf({ path, machineId }: Order): IdentityContext {
  return { paths: { identity: path }, machineId: async () => machineId, now: Date.now }
}

/** Steps are the beginnings of changes to the disk, and the middle of each write. */
function dieAt(last: number): void {
  const steps: string[] = []
  const next = (name: string) => {
    if (steps.push(name) === last) process.kill(process.pid, 'SIGKILL')
  }
  if (last === 0) process.once('exit', () => writeSync(1, steps.join(' ')))
  const files = require('node:fs').promises as Record<string, (...words: unknown[]) => Promise<unknown>>
  for (const name of ['link', 'rename', 'rm', 'copyFile', 'chmod']) {
    const real = files[name]!
    files[name] = async (...words) => {
      next(name)
      return real.apply(files, words)
    }
  }
  const open = files['open']!
  files['open'] = async (...words) => {
    next('open')
    const handle = (await open.apply(files, words)) as Record<string, (...words: unknown[]) => unknown>
    for (const name of ['sync', 'close']) {
      const real = handle[name]!.bind(handle)
      handle[name] = (...words) => {
        next(name)
        return real(...words)
      }
    }
    const write = handle['writeFile']!.bind(handle)
    handle['writeFile'] = async (text) => {
      const half = Math.floor(String(text).length / 2)
      next('write')
      await write(String(text).slice(0, half))
      next('write')
      await write(String(text).slice(half))
    }
    return handle
  }
  syncBuiltinESMExports()
}
