// launchd's agent of this user, as launchctl(1) and launchd.plist(5) describe it. Not run on a Mac yet.
import { rmSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import type { Surrounding } from '../commands/command.ts'
import { requireFolder } from '../commands/daemon-process.ts'
import { agentText, LABEL, launchctlWords, printed, withoutSettings, xml } from './agent.ts'
import { readOurs, templateOf, writeOurs } from './file.ts'
import { installationOf } from './installation.ts'
import { complaintOf, type Run } from './program.ts'
import type { Service, Supervisor } from './service.ts'

/** Those of others that run the same daemon. */
const OTHERS = ['homebrew.mxcl.tallyd']

export class Launchd implements Supervisor {
  readonly manager = 'launchd'
  readonly unit = LABEL
  readonly path: string
  readonly #at: Surrounding
  readonly #run: Run
  readonly #uid = userInfo().uid

  constructor(at: Surrounding, run: Run) {
    this.#at = at
    this.#run = run
    this.path = join(at.env['HOME'] || homedir(), 'Library', 'LaunchAgents', `${LABEL}.plist`)
  }

  text(): string {
    return agentText(templateOf(this.#at.program, `launchd/${LABEL}.plist`), installationOf(this.#at))
  }

  installed(): string | null {
    return readOurs(this.path)
  }

  isOfThisHome(): boolean {
    return this.installed()?.includes(`<string>${xml(this.#at.paths.log)}</string>`) === true
  }

  isOutdated(): boolean {
    return withoutSettings(this.installed() ?? '') !== withoutSettings(this.text())
  }

  async unreachable(): Promise<TallyError | null> {
    const asked = await this.#run(['launchctl', 'print', `gui/${this.#uid}`])
    if (asked.status === 0) return null
    const next = 'log in at the screen of this Mac, then try again; without launchd: tallyctl start'
    const says = `launchd has no session of this user (${complaintOf(asked)})`
    return new TallyError('noSupervisor', says, next)
  }

  async ready(): Promise<void> {
    const why = await this.unreachable()
    if (why !== null) throw why
    for (const label of OTHERS) {
      if ((await this.#run(['launchctl', 'print', `gui/${this.#uid}/${label}`])).status !== 0) continue
      throw new TallyError(
        'serviceRefused',
        `${label} supervises a tallyd already`,
        'run: brew services stop tallyd',
      )
    }
  }

  async show(): Promise<Service> {
    const ran = await this.#run(launchctlWords('print', this.#uid, this.path))
    const isInstalled = this.installed() !== null
    const about = { manager: 'launchd', unit: LABEL, path: isInstalled ? this.path : null } as const
    if (ran.status !== 0) {
      const isReached = (await this.unreachable()) === null
      return { ...about, state: !isReached ? 'unreachable' : isInstalled ? 'stopped' : 'absent', pid: null }
    }
    const { state, pid } = printed(ran.out)
    return { ...about, state: state === 'running' || pid !== null ? 'running' : 'stopped', pid }
  }

  async install(): Promise<void> {
    const text = this.text()
    const before = this.installed()
    requireFolder(this.#at.paths.state)
    if (before !== null) await this.#run(launchctlWords('bootout', this.#uid, this.path))
    writeOurs(this.path, text)
    try {
      await this.#launchctl('enable')
      await this.#launchctl('bootstrap')
    } catch (error) {
      if (before === null) rmSync(this.path, { force: true })
      throw error
    }
  }

  async start(): Promise<void> {
    const { status } = await this.#run(launchctlWords('print', this.#uid, this.path))
    await this.#launchctl(status === 0 ? 'kickstart' : 'bootstrap')
  }

  async restart(): Promise<void> {
    await this.#launchctl('restart')
  }

  async uninstall(): Promise<void> {
    this.installed()
    await this.#run(launchctlWords('bootout', this.#uid, this.path))
    rmSync(this.path, { force: true })
  }

  logWords(lines: number, follow: boolean): readonly [string, ...string[]] {
    return ['tail', '-n', String(lines), ...(follow ? ['-F'] : []), this.#at.paths.log]
  }

  isEnabled(): boolean {
    return this.installed() !== null
  }

  async lingers(): Promise<null> {
    return null
  }

  async linger(): Promise<void> {}

  async #launchctl(verb: Parameters<typeof launchctlWords>[0]): Promise<void> {
    const ran = await this.#run(launchctlWords(verb, this.#uid, this.path))
    if (ran.status === 0) return
    throw new TallyError(
      'serviceRefused',
      `launchctl ${verb}: ${complaintOf(ran)}`,
      'look at it: tallyctl service logs',
    )
  }
}
