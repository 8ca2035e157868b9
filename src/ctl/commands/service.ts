// `tallyctl service …`: tallyd as a service of this user. What systemd and launchd want stands in src/ctl/service.
import { rmdirSync } from 'node:fs'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { isNoDaemon } from '../connection/errors.ts'
import { installationOf, versionManagerWarning } from '../service/installation.ts'
import type { Service, Supervisor } from '../service/service.ts'
import { supervisorOf } from '../service/supervisor.ts'
import { confirmed } from '../terminal/prompt.ts'
import type { Command, Surrounding } from './command.ts'
import { statusIfRunning } from './daemon-process.ts'
import { saysOf } from './failure.ts'
import type { Asked } from './parse.ts'
import { untilGone } from './stop.ts'

/** How long a tallyd that is to make room may take to end, in milliseconds. */
const STOP_PATIENCE_MS = 15_000

export const service: Command = async (asked, at) => {
  const supervisor = await supervisorOf(at)
  const found = await supervisor.show()
  if (asked.has('json')) return printed(asked, at, found)
  const why = found.state === 'unreachable' ? await supervisor.unreachable() : null
  if (why !== null) {
    const installed = found.path === null ? 'not installed' : `its file is ${found.path}`
    await at.screen.answer(at.screen.typed(`${installed}; ${saysOf(why)}`))
    await at.screen.note(at.screen.typed(why.next))
    return EXIT.ok
  }
  const lingers = found.state === 'absent' ? null : await supervisor.lingers()
  await at.screen.answer(...serviceLines(found, lingers).map((line) => at.screen.typed(line)))
  if (found.state !== 'absent' && supervisor.isOutdated())
    await at.screen.note(at.screen.typed('it is not of this installation; run: tallyctl service install'))
  return EXIT.ok
}

export const installService: Command = async (asked, at) => {
  const supervisor = await supervisorOf(at)
  await supervisor.ready()
  // Says no before anything is changed.
  supervisor.text()
  if (supervisor.installed() !== null && !supervisor.isOfThisHome()) {
    throw new TallyError(
      'serviceRefused',
      `${supervisor.path} is of another TALLYD_HOME`,
      'a user has one service; run: tallyctl service uninstall, then try again',
    )
  }
  await makeRoom(asked, at, supervisor)
  await supervisor.install()
  const warning = versionManagerWarning(installationOf(at).node)
  if (warning !== null) await at.screen.note(at.screen.typed(warning))
  await askToLinger(asked, at, supervisor)
  const running = await statusIfRunning(at)
  const found = await supervisor.show()
  if (running === null || (found.pid !== null && running.pid !== found.pid)) {
    throw new TallyError(
      'noDaemon',
      'the service was started, but does not answer here',
      'look at it: tallyctl service logs; tallyctl service',
    )
  }
  return printed(asked, at, found, [
    `tallyd runs as a service of ${found.manager} (pid ${running.pid}) and starts with your login`,
    `its file is ${found.path}`,
  ])
}

export const uninstallService: Command = async (asked, at) => {
  const supervisor = await supervisorOf(at)
  if (supervisor.installed() === null) {
    return printed(asked, at, removed(await supervisor.show()), ['the service is not installed'])
  }
  const question = `stop tallyd and remove ${supervisor.path}?`
  if (!asked.has('yes') && !(await confirmed(question)))
    throw new TallyError('wrongUsage', 'nothing was removed', 'say yes, or give --yes')
  await supervisor.uninstall()
  removeIfEmpty(at.paths.run)
  const { state, config } = at.paths
  return printed(asked, at, removed(await supervisor.show()), [
    'the service is removed',
    `kept: ${state}, with everything counted, and ${config}`,
  ])
}

/** A systemd that is there for nothing else ends with lingering, and then answers nobody: what has no file is absent all the same. */
function removed(found: Service): Service {
  return found.path === null && found.state === 'unreachable' ? { ...found, state: 'absent' } : found
}

export const restartService: Command = async (asked, at) => {
  const supervisor = await supervisorOf(at)
  if (supervisor.installed() === null) {
    throw new TallyError('serviceRefused', 'the service is not installed', 'run: tallyctl service install')
  }
  await supervisor.restart()
  const found = await supervisor.show()
  return printed(asked, at, found, [`tallyd was restarted (pid ${found.pid ?? 'unknown'})`])
}

async function printed(
  asked: Asked,
  { screen }: Surrounding,
  found: Service,
  lines: readonly string[] = [],
): Promise<number> {
  if (asked.has('json')) await screen.json({ service: found })
  else await screen.answer(...lines.map((line) => screen.typed(line)))
  return EXIT.ok
}

function serviceLines({ manager, path, state, pid }: Service, lingers: boolean | null): string[] {
  if (state === 'absent') return ['not installed; run: tallyctl service install']
  return [
    `state      ${state}${pid === null ? '' : `, pid ${pid}`}`,
    `${manager.padEnd(11)}${path ?? 'no file'}`,
    ...(lingers === null
      ? []
      : [`starts     ${lingers ? 'with the machine (lingering)' : 'with your login'}`]),
    ...(state === 'running' ? [] : ['log        tallyctl service logs']),
  ]
}

/** A tallyd that was started otherwise ends first, if its owner says so: two of them never run. */
async function makeRoom(asked: Asked, at: Surrounding, supervisor: Supervisor): Promise<void> {
  const running = await statusIfRunning(at)
  if (running === null || running.pid === (await supervisor.show()).pid) return
  const told = `tallyd runs already (pid ${running.pid}), not as a service`
  if (!asked.has('yes') && !(await confirmed(`${told}. stop it, so that the service can?`))) {
    throw TallyError.saying(
      'alreadyRunning',
      told,
      'run: tallyctl stop, then tallyctl service install; or give --yes',
    )
  }
  await at.screen.note(`${told}: it is stopped`)
  await at.daemon.call('daemon.stop', {}).catch((error: unknown) => {
    if (!isNoDaemon(error)) throw error
  })
  await untilGone(running.pid, STOP_PATIENCE_MS)
}

/** Where nobody has a desktop, tallyd would end with the last login; that is asked, since it concerns the whole machine. */
async function askToLinger(asked: Asked, at: Surrounding, supervisor: Supervisor): Promise<void> {
  if (hasDesktop(at.env) || (await supervisor.lingers()) !== false) return
  const how = 'to let tallyd run while nobody is logged in: loginctl enable-linger'
  const question = 'there is no desktop here. let tallyd run while you are not logged in (lingering)?'
  if (!asked.has('yes') && !(await confirmed(question))) return at.screen.note(how)
  await supervisor.linger(true).catch((error: unknown) => {
    if (!(error instanceof TallyError)) throw error
    return at.screen.note(`${error.message}; ${error.next}`)
  })
}

function hasDesktop(env: Surrounding['env']): boolean {
  return [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((each) => each !== undefined && each !== '')
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It holds something, or was not there.
  }
}
