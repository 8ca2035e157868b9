// `tallyctl doctor --report`: a file to send with a bug report. What stands in it, and why nothing private can, is report-form.ts;
// here facts are gathered, as far as there are any, and the file is written.
import { lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, release, totalmem } from 'node:os'
import type { ShownCheck } from '../../contract/doctor.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import { tailOf } from '../terminal/log-tail.ts'
import type { Command, Surrounding } from './command.ts'
import { allChecks, type Examined, outsideChecks } from './examination.ts'
import { type ReportFacts, reportForm } from './report-form.ts'
import { versionOf } from './version.ts'

/** How much of the end of the daemon's log is counted, and of the config read, in bytes. */
const LOG_TAIL = 1024 * 1024
const LARGEST_CONFIG = 1024 * 1024
/** How many of one second get names. */
const SAME_SECOND = 20

export const report: Command = async (asked, at) => {
  const now = Date.now()
  const named = asked.value('out')
  // Before anything is asked: the checks take a while.
  if (named !== undefined && isThere(named)) throw existing(named)
  const text = `${JSON.stringify(reportForm(await factsOf(asked.words[0], now, at)), null, 2)}\n`
  const path = write(named === undefined ? namesOf(new Date(now)) : [named], text)
  if (asked.has('json')) await at.screen.json({ report: { path, bytes: Buffer.byteLength(text) } })
  else {
    await at.screen.answer(path)
    await at.screen.note(
      'it holds versions, sizes and counts, which checks passed and failed, and which settings are set',
      'no names, paths, addresses, keys, tokens, money, or lines of logs; read it before you send it',
    )
  }
  return EXIT.ok
}

/** `tallyd-report-20261128-045712.json`, in the time of this machine; then `-2` and so on, for those of the same second. */
function namesOf(now: Date): string[] {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
  return Array.from({ length: SAME_SECOND }, (_, index) => {
    const which = index === 0 ? '' : `-${index + 1}`
    return `tallyd-report-${day}-${time}${which}.json`
  })
}

async function factsOf(device: string | undefined, now: number, at: Surrounding): Promise<ReportFacts> {
  const { checks, daemon, status } = await examine(at)
  // Nobody else is asked where it does not answer.
  const isRunning = daemon === 'running'
  const [trial, devices] = await Promise.all([
    isRunning && device !== undefined ? steps(device, at) : null,
    isRunning
      ? at.daemon.call('devices.list', { timeZone: 'UTC' }).then(
          (all) => all.devices,
          () => [],
        )
      : [],
  ])
  return {
    now,
    client: { version: versionOf(at.program), node: process.versions.node },
    machine: {
      platform: process.platform,
      arch: arch(),
      release: release(),
      processors: availableParallelism(),
      memory: totalmem(),
    },
    daemon,
    status,
    checks,
    trial,
    devices,
    config: textOf(at.paths.config),
    files: filesOf(at.paths),
    log: tailOf(at.paths.log, LOG_TAIL),
    env: Object.keys(at.env).filter((name) => at.env[name] !== ''),
  }
}

/** A daemon that answers nothing of use is what the report may be about. */
function examine(at: Surrounding): Promise<Examined> {
  return allChecks(at).catch(async () => ({
    checks: await outsideChecks(at),
    daemon: 'silent',
    status: null,
  }))
}

/** Throws Refusal where there is no such device: its name was mistyped. */
async function steps(device: string, at: Surrounding): Promise<readonly ShownCheck[]> {
  return (await at.daemon.call('doctor.device', { device })).checks
}

function filesOf(paths: Paths): ReportFacts['files'] {
  return Object.entries(paths).flatMap(([name, path]) => {
    try {
      const { size, mode } = lstatSync(path)
      return [{ name, bytes: size, mode }]
    } catch {
      return []
    }
  })
}

function textOf(path: string): string | null | undefined {
  try {
    const found = statSync(path)
    // A pipe would be waited for.
    if (!found.isFile() || found.size > LARGEST_CONFIG) return undefined
    return readFileSync(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined
  }
}

/** What cannot be looked at cannot be written either, which then says why. */
function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * Writes to the first of `paths` that is free, and returns it. Throws TallyError wrongUsage where none is, stateUnwritable where it
 * cannot be written.
 */
function write(paths: readonly string[], text: string): string {
  let taken = ''
  for (const path of paths) {
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
      return path
    } catch (error) {
      const code = String((error as NodeJS.ErrnoException).code)
      const next = 'name another file: tallyctl doctor --report --out FILE'
      if (code !== 'EEXIST')
        throw new TallyError('stateUnwritable', `${path} cannot be written (${code})`, next)
      taken = path
    }
  }
  throw existing(taken)
}

function existing(path: string): TallyError {
  const next = 'look at it, then remove it or name another: tallyctl doctor --report --out FILE'
  return new TallyError('wrongUsage', `${path} is there already, and nothing is written over`, next)
}
