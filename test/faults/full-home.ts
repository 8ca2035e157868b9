// A home in which every state file is there, made by a real daemon as far as one makes them without other devices.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Paths, pathsOf } from '../../src/contract/paths.ts'
import { SCHEMAS } from '../../src/daemon/store/schemas.ts'
import { daemon, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'
import { freePort } from '../harness/devices.ts'

export type StateFile = keyof typeof SCHEMAS

export const STATE_FILES = Object.keys(SCHEMAS) as StateFile[]

/** How many calls its log has. */
export const CALLS = 3

/** Two are not made here by a daemon: one would need another device, the other a port that somebody has. */
const BY_HAND: Partial<Record<StateFile, object>> = {
  logins: { schema: 1, data: { logins: [] } },
  webPort: { schema: 1, data: { port: null } },
}

export function pathsAt(home: string): Paths {
  return pathsOf({ env: { TALLYD_HOME: home }, home, platform: process.platform })
}

/** Nobody runs on it. */
export async function fullHome(t: Teardown): Promise<string> {
  const home = temporaryFolder(t)
  const paths = pathsAt(home)
  const config = {
    lan: { address: '127.0.0.1', port: await freePort() },
    web: { lan: true, port: await freePort() },
    vault: { key: 'file' },
    budgets: { daily: 1 },
    prices: { dear: { input: 0, output: 1_000_000 } },
  }
  writeFileSync(paths.config, JSON.stringify(config))
  const logs = join(home, '.claude', 'projects', 'p')
  mkdirSync(logs, { recursive: true })
  for (let call = 0; call < CALLS; call++)
    writeFileSync(join(logs, 'session.jsonl'), line(call), { flag: 'a' })
  // What makes an incident.
  writeFileSync(paths.checkpoint, 'no checkpoint')
  for (const [name, content] of Object.entries(BY_HAND) as [StateFile, object][]) {
    writeFileSync(paths[name], JSON.stringify(content), { mode: 0o600 })
  }
  const { call, stop } = await daemon(t, { home })
  await call('sharing.set', { mode: 'always' })
  await call('members.add', { name: 'somebody' })
  await call('secrets.add', { name: 'maps', secret: { type: 'api-key', fields: { apiKey: 'a key' } } })
  const windows = [
    { windowSeconds: 18_000, usedPercent: 42, resetAt: new Date(Date.now() + 9e6).toISOString() },
  ]
  await call('quotas.observe', { agent: 'claude-code', windows })
  await until(
    () => existsSync(paths.alerts) && existsSync(paths.web),
    'a budget is told of, the web has its keys',
  )
  await stop()
  for (const name of STATE_FILES) if (!existsSync(paths[name])) throw new Error(`${name} was not made`)
  return home
}

/** Another home with the same in it. */
export function copyOf(t: Teardown, home: string): string {
  const copy = temporaryFolder(t)
  cpSync(home, copy, { recursive: true, preserveTimestamps: true })
  return copy
}

/** Removes the version before, where the file has one. */
export function forgetBefore(paths: Paths, name: StateFile): void {
  const before =
    name === 'checkpoint' ? paths.checkpointPrevious : paths[name].replace(/\.json$/, '.previous.json')
  rmSync(before, { force: true })
}

function line(call: number): string {
  const usage = { input_tokens: 0, output_tokens: 1 }
  const message = { model: 'dear', id: `msg_${call}`, content: [], stop_reason: null, usage }
  const timestamp = new Date().toISOString()
  return `${JSON.stringify({ type: 'assistant', sessionId: 's', message, requestId: `req_${call}`, timestamp })}\n`
}
