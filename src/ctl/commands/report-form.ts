// What stands in a report for a bug. It is built, not blacked out: a number, a switch, or a word of a list that stands in this
// program. No text that a person, another device or a log wrote can get in, wherever it stands in the facts
// (test/ctl/report-form.test.ts: no text of the facts).
import type { Status } from '../../contract/daemon.ts'
import type { DeviceRow } from '../../contract/devices.ts'
import type { ShownCheck } from '../../contract/doctor.ts'
import { CHECK_CODES, LEVELS } from '../../contract/doctor-words.ts'
import type { Paths } from '../../contract/paths.ts'
import { configForm } from './report-config.ts'

export interface ReportFacts {
  /** Unix milliseconds. */
  readonly now: number
  /** Versions of tallyctl and of the Node that runs it. */
  readonly client: { readonly version: string; readonly node: string }
  readonly machine: {
    readonly platform: string
    readonly arch: string
    /** Of the system's kernel. */
    readonly release: string
    readonly processors: number
    readonly memory: number
  }
  /** `silent`: it runs and does not answer. */
  readonly daemon: 'running' | 'absent' | 'silent'
  readonly status: Status | null
  readonly devices: readonly DeviceRow[]
  readonly checks: readonly ShownCheck[]
  /** The steps to one device, where one was named. */
  readonly trial: readonly ShownCheck[] | null
  /** Of the config file: see configForm. */
  readonly config: string | null | undefined
  /** Every file and folder that is there, by its key in `tallyctl paths`. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly mode: number }[]
  /** The end of the daemon's own log; null where it has none. */
  readonly log: string | null
  /** Names of environment variables that are set. */
  readonly env: readonly string[]
}

const PLATFORMS = ['linux', 'darwin', 'win32', 'freebsd', 'openbsd', 'android', 'aix', 'sunos'] as const
const ARCHITECTURES = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64'] as const
/** Variables that say where things lie or how it runs; whether they are set, never to what. */
export const VARIABLES = [
  'TALLYD_HOME',
  'TALLYD_LOG',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'CLAUDE_CONFIG_DIR',
  'CODEX_HOME',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'INVOCATION_ID',
  'SSH_CONNECTION',
  'WSL_DISTRO_NAME',
] as const
/** None is forgotten: the compiler sees to it. */
const PATHS: Readonly<Record<keyof Paths, true>> = {
  config: true,
  state: true,
  run: true,
  socket: true,
  lock: true,
  stateLock: true,
  checkpoint: true,
  checkpointPrevious: true,
  identity: true,
  devices: true,
  tokens: true,
  web: true,
  webPort: true,
  credentials: true,
  logins: true,
  vault: true,
  vaultKey: true,
  quotas: true,
  alerts: true,
  copies: true,
  audit: true,
  auditPrevious: true,
  outbox: true,
  incidents: true,
  last: true,
  lastText: true,
  log: true,
  logPrevious: true,
}
const PATH_KEYS = Object.keys(PATHS)
const LOG_LEVELS: readonly (readonly [number, string])[] = [
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]

/** A value of JSON with nothing private in it. */
export function reportForm(facts: ReportFacts) {
  const { now, client, machine, daemon, status, devices, checks, trial, config, files, log, env } = facts
  return {
    report: 1,
    // To the minute.
    madeAt: `${new Date(now).toISOString().slice(0, 16)}Z`,
    client: { version: version(client.version), node: version(client.node) },
    machine: {
      platform: oneOf(machine.platform, PLATFORMS),
      arch: oneOf(machine.arch, ARCHITECTURES),
      kernel: version(machine.release),
      processors: number(machine.processors),
      memoryMB: number(machine.memory / 1e6),
    },
    environment: VARIABLES.filter((name) => env.includes(name)),
    daemon: { state: daemon, ...(status === null ? {} : daemonForm(status, now)) },
    checks: checks.map(checkForm),
    ...(trial === null ? {} : { trial: trial.map(checkForm) }),
    devices: devices.filter(({ self }) => !self).map(deviceForm),
    config: configForm(config),
    files: files.map(({ name, bytes, mode }) => ({
      name: oneOf(name, PATH_KEYS),
      bytes: number(bytes),
      mode: (number(mode) & 0o777).toString(8).padStart(4, '0'),
    })),
    log: log === null ? null : logForm(log),
  }
}

function daemonForm(
  { version: own, ready, startedAt, index, progress, problems, listeners }: Status,
  now: number,
) {
  const { lan, web } = listeners
  return {
    version: version(own),
    ready: ready === true,
    upSeconds: number((now - Date.parse(startedAt)) / 1000),
    problems: number(problems),
    index: {
      files: number(index.files),
      bytes: number(index.bytes),
      lines: number(index.lines),
      rejected: number(index.rejected),
      tookMs: number(index.tookMs),
    },
    indexing: progress !== null,
    lan: {
      open: lan.open === true,
      mode: oneOf(lan.mode, ['always', 'off', 'window']),
      port: lan.port === null ? null : number(lan.port),
      failed: lan.problem !== null,
    },
    web: {
      open: web.url !== null,
      lan: web.lan === true,
      port: web.port === null ? null : number(web.port),
      plainHttpPort: web.plainHttpPort === null ? null : number(web.plainHttpPort),
      failed: web.problem !== null,
    },
  }
}

function checkForm({ level, code }: ShownCheck) {
  return { level: oneOf(level, LEVELS), code: oneOf(code, CHECK_CODES) }
}

function deviceForm({ state, direction, freshness, problem, address, rights = [] }: DeviceRow) {
  return {
    state: oneOf(state, ['paired', 'unpaired', 'blocked']),
    direction: direction === null ? null : oneOf(direction, ['mutual', 'read', 'give']),
    freshness: oneOf(freshness, ['live', 'cached', 'never']),
    problem: problem === null ? null : oneOf(problem.code, CHECK_CODES),
    address: address === null ? null : kindOf(address),
    rights: number(rights.length),
  }
}

function kindOf(address: string): 'IPv4' | 'IPv6' | 'name' {
  if (address.startsWith('[')) return 'IPv6'
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(address) ? 'IPv4' : 'name'
}

/** How many lines there are of each level; what they say may name anything. */
function logForm(log: string) {
  const counts: Record<string, number> = { other: 0 }
  for (const line of log.split('\n').filter((each) => each !== '')) {
    const found = LOG_LEVELS.find(([level]) => line.startsWith(`{"level":${level},`))?.[1] ?? 'other'
    counts[found] = (counts[found] ?? 0) + 1
  }
  return counts
}

/** The word itself where the list has it. */
function oneOf<const W extends string>(word: unknown, words: readonly W[]): W | 'another' {
  return words.find((each) => each === word) ?? 'another'
}

/** A whole number. */
function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : -1
}

/** Up to three numbers with dots between, from the beginning of the text: what follows them is anybody's. */
function version(text: unknown): string {
  return /^v?(\d{1,4}(?:\.\d{1,4}){1,2})/.exec(String(text))?.[1] ?? 'another'
}
