// systemd's manager of this user's services.
import { existsSync, rmSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import type { Surrounding } from '../commands/command.ts'
import { requireFolder } from '../commands/daemon-process.ts'
import { readOurs, templateOf, writeOurs } from './file.ts'
import { installationOf } from './installation.ts'
import { complaintOf, type Ran, type Run } from './program.ts'
import type { Service, ServiceState, Supervisor } from './service.ts'
import { essence, LINGER_MARK, unitText, word } from './unit.ts'

const UNIT = 'tallyd.service'
/** Where logind keeps who lingers, and who is logged in. */
const [LINGER_FOLDER, LOGIND_FOLDER] = ['/var/lib/systemd/linger', '/run/systemd/users']
/** How long a start or a stop may take, in milliseconds; longer than the unit's own limits. */
const LONGEST_MS = 75_000
/** What to do where no systemd will ever answer. */
const WITHOUT =
  'run: tallyctl start, with your login for example from ~/.profile; docs/service.md#without-systemd-and-launchd has more'

export class Systemd implements Supervisor {
  readonly manager = 'systemd'
  readonly unit = UNIT
  readonly path: string
  readonly #at: Surrounding
  readonly #run: Run
  readonly #booted: string

  /** `booted`: the folder that is there where systemd is the machine's init, sd_booted(3); another one in tests. */
  constructor(at: Surrounding, run: Run, booted = '/run/systemd/system') {
    this.#at = at
    this.#run = run
    this.#booted = booted
    const config = at.env['XDG_CONFIG_HOME'] || join(at.env['HOME'] || homedir(), '.config')
    this.path = join(config, 'systemd', 'user', UNIT)
  }

  /** The link by which it starts with the login. */
  get #wanted(): string {
    return join(dirname(this.path), 'default.target.wants', UNIT)
  }

  text(): string {
    return unitText(templateOf(this.#at.program, 'systemd/tallyd.service'), installationOf(this.#at))
  }

  installed(): string | null {
    return readOurs(this.path)
  }

  isOfThisHome(): boolean {
    return this.installed()?.includes(`\nReadWritePaths=${word(`-${this.#at.paths.state}`)}\n`) === true
  }

  isOutdated(): boolean {
    return essence(this.installed() ?? '') !== essence(this.text())
  }

  async unreachable(): Promise<TallyError | null> {
    const asked = await this.#run(['systemctl', '--user', 'show', '--property=Version'])
    return asked.status === 0 ? null : this.#noManager(asked)
  }

  async ready(): Promise<void> {
    const why = await this.unreachable()
    if (why !== null) throw why
    if ((await this.#run(['systemd-notify', '--version'])).isMissing) {
      throw new TallyError(
        'noSupervisor',
        'systemd-notify is missing',
        "install all of the distribution's systemd package",
      )
    }
    for (const scope of ['--user', '--system'] as const) {
      const { FragmentPath: path = '' } = await this.#properties(scope, 'FragmentPath')
      if (path === '' || path === this.path || !existsSync(path)) continue
      throw new TallyError(
        'serviceRefused',
        `${path} supervises a tallyd already`,
        scope === '--user'
          ? `run: systemctl --user disable --now ${UNIT}, remove that file, then try again`
          : `run: sudo systemctl disable --now ${UNIT}, remove that file, then try again`,
      )
    }
  }

  async show(): Promise<Service> {
    const {
      ActiveState: active = '',
      SubState: sub = '',
      MainPID: main = '0',
    } = await this.#properties('--user', 'ActiveState,SubState,MainPID')
    const isInstalled = existsSync(this.path)
    const about = { manager: 'systemd', unit: UNIT, path: isInstalled ? this.path : null } as const
    // Of a unit that it does not know it says that it is inactive.
    if (active === '' && (await this.unreachable()) !== null)
      return { ...about, state: 'unreachable', pid: null }
    const pid = Number(main) > 0 && active !== 'failed' ? Number(main) : null
    const state = isInstalled || pid !== null ? stateOf(active, sub) : 'absent'
    return { ...about, state, pid }
  }

  async install(): Promise<void> {
    const text = this.text()
    const before = this.installed()
    // Only what is there can be named as writable, and systemd does not make it.
    requireFolder(this.#at.paths.state)
    writeOurs(this.path, before?.includes(LINGER_MARK) === true ? `${text}${LINGER_MARK}\n` : text)
    try {
      await this.#systemctl('daemon-reload')
      // Past failures must not count against the limit of this start.
      await this.#run(['systemctl', '--user', 'reset-failed', UNIT])
      await this.#systemctl('enable', UNIT)
      await this.restart()
    } catch (error) {
      if (before === null) await this.#remove()
      else {
        writeOurs(this.path, before)
        await this.#run(['systemctl', '--user', 'daemon-reload'])
      }
      throw error
    }
  }

  async start(): Promise<void> {
    await this.#systemctl('start', UNIT)
  }

  async restart(): Promise<void> {
    await this.#systemctl('restart', UNIT)
  }

  async uninstall(): Promise<void> {
    const text = this.installed()
    await this.#remove()
    if (text?.includes(LINGER_MARK) === true) await this.linger(false)
  }

  logWords(lines: number, follow: boolean): readonly [string, ...string[]] {
    const which = [`_SYSTEMD_USER_UNIT=${UNIT}`, `_UID=${userInfo().uid}`]
    const how = ['--no-pager', '--quiet', '--output=cat', `--lines=${lines}`, ...(follow ? ['--follow'] : [])]
    return ['journalctl', ...how, ...which]
  }

  async lingers(): Promise<boolean | null> {
    // logind tells of users only while they are logged in; its own mark is readable by everybody.
    if (existsSync(join(LINGER_FOLDER, userInfo().username))) return true
    return existsSync(LOGIND_FOLDER) ? false : null
  }

  isEnabled(): boolean {
    return existsSync(this.#wanted)
  }

  async linger(on: boolean): Promise<void> {
    const user = userInfo().username
    const verb = on ? 'enable-linger' : 'disable-linger'
    const ran = await this.#run(['loginctl', verb, user])
    if (ran.status !== 0)
      throw new TallyError(
        'serviceRefused',
        `lingering: ${complaintOf(ran)}`,
        `run: sudo loginctl ${verb} ${user}`,
      )
    const text = this.installed()
    if (!on || text === null || text.includes(LINGER_MARK)) return
    writeOurs(this.path, `${text}${LINGER_MARK}\n`)
    await this.#run(['systemctl', '--user', 'daemon-reload'])
  }

  async #remove(): Promise<void> {
    // What is not there, or cannot be reached, is stopped and disabled enough.
    await this.#run(['systemctl', '--user', 'disable', '--now', UNIT], LONGEST_MS)
    rmSync(this.path, { force: true })
    // Where nobody answers any more it would be started again by this link.
    rmSync(this.#wanted, { force: true })
    await this.#run(['systemctl', '--user', 'daemon-reload'])
    await this.#run(['systemctl', '--user', 'reset-failed', UNIT])
  }

  async #systemctl(...words: string[]): Promise<void> {
    const ran = await this.#run(['systemctl', '--user', ...words], LONGEST_MS)
    if (ran.status === 0) return
    const { Result: result = '', ExecMainStatus: status = '' } = await this.#properties(
      '--user',
      'Result,ExecMainStatus',
    )
    const last = await this.#run(this.logWords(3, false))
    const why = [complaintOf(ran), `${result} ${status}`.trim(), last.out.trim().replaceAll('\n', ' / ')]
    throw new TallyError(
      'serviceRefused',
      `systemctl --user ${words.join(' ')}: ${why.filter((each) => each !== '').join('; ')}`,
      'tallyctl service logs has more; docs/service.md#when-it-does-not-start says what may be in the way',
    )
  }

  async #properties(scope: '--user' | '--system', names: string): Promise<Record<string, string>> {
    const { out } = await this.#run(['systemctl', scope, 'show', `--property=${names}`, UNIT])
    const pairs = out.split('\n').filter((line) => line.includes('='))
    return Object.fromEntries(
      pairs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  }

  #noManager(asked: Ran): TallyError {
    // Neither a login nor lingering makes a manager there.
    if (!existsSync(this.#booted))
      return new TallyError('noSupervisor', 'systemd does not run on this machine', WITHOUT)
    const folder = `/run/user/${userInfo().uid}`
    if ((this.#at.env['XDG_RUNTIME_DIR'] ?? '') !== '') {
      const next = `look whether it runs: systemctl status user@${userInfo().uid}; without it: tallyctl start`
      return new TallyError(
        'noSupervisor',
        `systemd has no manager for this user (${complaintOf(asked)})`,
        next,
      )
    }
    const says = 'XDG_RUNTIME_DIR is not set, so that the systemd of this user cannot be reached'
    const next = existsSync(folder)
      ? `run: export XDG_RUNTIME_DIR=${folder}; su and sudo leave it out, a login by ssh does not`
      : `log in as ${userInfo().username} by ssh or at the machine, or run: sudo loginctl enable-linger ${userInfo().username}; export XDG_RUNTIME_DIR=${folder}; without systemd: tallyctl start`
    return new TallyError('noSupervisor', says, next)
  }
}

function stateOf(active: string, sub: string): ServiceState {
  if (active === 'active' || active === 'reloading') return 'running'
  if (active === 'activating' || sub === 'auto-restart') return 'starting'
  return active === 'failed' ? 'failed' : 'stopped'
}
