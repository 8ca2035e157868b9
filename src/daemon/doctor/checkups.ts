// Which checkups there are: the daemon's own (control socket, config, incidents) and each noun's.
import { lstatSync } from 'node:fs'
import { uptime } from 'node:os'
import type { Check } from '../../contract/doctor.ts'
import { CHECK_CODES } from '../../contract/doctor-words.ts'
import { diskOf, instanceFiles } from '../../contract/instance-files.ts'
import type { Paths } from '../../contract/paths.ts'
import { checkPermissions } from '../../contract/permission-check.ts'
import { quoted } from '../../contract/shell-words.ts'
import { checkVersion } from '../../contract/version-check.ts'
import type { Devices } from '../devices/devices.ts'
import type { Logins } from '../logins/logins.ts'
import { selfCall } from '../self-call.ts'
import { CONFIG_INCIDENT } from '../settings.ts'
import type { Incident, StoredIncidents } from '../store/incidents.ts'
import type { Usage } from '../usage/usage.ts'
import type { Vault } from '../vault/vault.ts'
import type { Views } from '../views/views.ts'
import { checkClock } from './clock.ts'
import type { Checkup } from './doctor.ts'

interface CheckupsContext {
  readonly version: string
  readonly started: Started
  readonly paths: Paths
  readonly incidents: StoredIncidents
  readonly checkDescriptors: () => Check
  readonly usage: () => Promise<Usage>
  readonly devices: () => Promise<Devices>
  readonly views: () => Promise<Views>
  readonly logins: () => Promise<Logins>
  readonly vault: () => Promise<Vault>
  readonly webChecks: () => Promise<readonly Check[]>
}

/** When the daemon started, by the clock that is set and by the machine's own. */
export interface Started {
  /** Unix milliseconds. */
  readonly at: number
  /** How long the machine had been up, in seconds. */
  readonly uptime: number
}

/** A round trip on this machine that takes longer is worth a look, in milliseconds. */
const SLOW_MS = 250

export function checkups(context: CheckupsContext): Checkup[] {
  const { version, started, paths, incidents, usage, devices, views, logins, vault, webChecks } = context
  const { checkDescriptors } = context
  return [
    { subject: 'control socket', checks: async () => [await controlSocket(paths)] },
    { subject: 'version', checks: async () => [checkVersion(version, process.versions.node)] },
    { subject: 'state', checks: () => state(paths, started) },
    { subject: 'descriptors', checks: async () => [checkDescriptors()] },
    { subject: 'config', checks: async () => config(paths, incidents) },
    { subject: 'sources', checks: async () => (await usage()).checks() },
    { subject: 'devices', checks: async (thorough) => (await devices()).checks(thorough) },
    { subject: 'web', checks: webChecks },
    { subject: 'logins', checks: async () => (await logins()).checks() },
    {
      subject: 'vault',
      async checks(thorough) {
        const { checkVault } = await import('../vault/checks.ts')
        return checkVault(await vault(), paths, thorough)
      },
    },
    { subject: 'same logs', checks: async () => (await views()).checks() },
    { subject: 'incidents', checks: async () => past(paths, incidents) },
  ]
}

/** Permissions, disk and clock, from one look at the files. */
async function state(paths: Paths, started: Started): Promise<Check[]> {
  const { own, config: file, newest, largest } = await instanceFiles(paths)
  const isLinux = process.platform === 'linux'
  return [
    ...checkPermissions({ own, config: file, us: process.getuid?.() }),
    ...(await diskOf(paths.state, largest)),
    ...checkClock({
      now: Date.now(),
      startedAt: started.at,
      // Elsewhere the time since boot follows the clock that is set, and the steady one stops in sleep.
      elapsed: isLinux ? (uptime() - started.uptime) * 1000 : performance.now(),
      isSleepCounted: isLinux,
      newest,
    }),
  ]
}

async function controlSocket({ socket, run }: Paths): Promise<Check> {
  const subject = 'control socket'
  const modes = [modeOf(socket), modeOf(run)]
  const says = `${modes[0] ?? 'missing'} in ${modes[1] ?? 'missing'}`
  const safe = modes[0] === '0600' && modes[1] === '0700'
  if (!safe) {
    const next =
      modes[0] === undefined ? 'restart tallyd' : `run: chmod 700 ${quoted(run)}; chmod 600 ${quoted(socket)}`
    const exposed = `${says}, not 0600 in 0700`
    return { level: 'broken', code: 'controlSocketExposed', subject, says: exposed, next }
  }
  const tookMs = await selfCall(socket)
  const took = `${says}, ${tookMs < 1 ? 'under 1' : Math.round(tookMs)} ms`
  return tookMs <= SLOW_MS
    ? { level: 'ok', code: 'controlSocket', subject, says: took }
    : {
        level: 'warning',
        code: 'controlSocketSlow',
        subject,
        says: took,
        next: 'the daemon or the machine is busy; look again later',
      }
}

function modeOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found === undefined ? undefined : (found.mode & 0o777).toString(8).padStart(4, '0')
}

function config(paths: Paths, incidents: StoredIncidents): Check[] {
  const mistakes = incidents.list().filter(({ code }) => code === CONFIG_INCIDENT)
  if (mistakes.length > 0) return mistakes.map((mistake) => warning('config', mistake))
  const present = lstatSync(paths.config, { throwIfNoEntry: false }) !== undefined
  const says = present ? paths.config : 'none, every setting has its default'
  return [{ level: 'ok', code: 'config', subject: 'config', says }]
}

function past(paths: Paths, incidents: StoredIncidents): Check[] {
  incidents.sweep()
  const others = incidents.list().filter(({ code }) => code !== CONFIG_INCIDENT)
  const checks = others.map((incident) => warning('incident', incident))
  const unwritten = incidents.unwritten()
  if (unwritten !== undefined) {
    const says = `${paths.incidents} cannot be written (${unwritten})`
    checks.push({
      level: 'warning',
      code: 'incidentsUnwritten',
      subject: 'incidents',
      says,
      next: 'free disk space or mend its permissions',
    })
  }
  return checks.length > 0 ? checks : [{ level: 'ok', code: 'incidents', subject: 'incidents', says: 'none' }]
}

function warning(subject: string, { code: word, says, next, count, lastAt }: Incident): Check {
  const code = CHECK_CODES.find((known) => known === word) ?? 'incidents'
  const often = count > 1 ? ` (${count} times, last ${lastAt})` : ''
  return { level: 'warning', code, subject, says: `${says}${often}`, next }
}
