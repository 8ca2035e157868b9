// Where things lie on disk. The only place that knows; `tallyctl paths` prints it.
// Imports nothing but node:path, because the client bundles it.
import { join } from 'node:path'

/** Names of the files in the run folder that lead a browser in; each is there for a minute at most. */
export const LAUNCH_FILES = /^launch-[0-9a-f]{16}\.html$/

/** What the paths are computed from; passed in so that tests can hold it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly platform: string
}

export interface Paths {
  /** The user's file; never written by the daemon. */
  readonly config: string
  /** Folder, 0700, of everything the daemon writes. */
  readonly state: string
  /** Folder, 0700, that holds the socket and the lock. */
  readonly run: string
  readonly socket: string
  readonly lock: string
  /** The same where it is not in the run folder: two with other run folders must not write to one state. */
  readonly stateLock: string
  /** Buckets, counted calls, and the position in every log file. */
  readonly checkpoint: string
  readonly checkpointPrevious: string
  /** The device's key and certificate; written once. */
  readonly identity: string
  /** Who is paired, with tokens; sharing, and the port. */
  readonly devices: string
  /** Members, the hashes of tokens, claims. */
  readonly tokens: string
  /** The authority and key of the web listener; made once. */
  readonly web: string
  /** The port of the web listener, where the default one was taken. */
  readonly webPort: string
  /** Tokens of other tallyds that this user holds. */
  readonly credentials: string
  /** Tokens of other tallyds that this device holds, bound to its certificate. */
  readonly logins: string
  /** Secrets and configurations, encrypted; and the version before. */
  readonly vault: string
  /** The key of the vault, where nothing better keeps it. */
  readonly vaultKey: string
  /** Limits of accounts as they were last observed. */
  readonly quotas: string
  /** Which thresholds of which budgets were told. */
  readonly alerts: string
  /** Folder of what other devices told of themselves, one file each. */
  readonly copies: string
  /** What happened to trust, each entry with the hash of the one before; and the part of it that was full. */
  readonly audit: string
  readonly auditPrevious: string
  /** Where the device was in telling others; there only while the daemon is off. */
  readonly outbox: string
  /** What went wrong and was survived; shown by doctor. */
  readonly incidents: string
  /** The glance as it was written last, for prompts that may not wait; and its text alone. Gone while tallyd does not run. */
  readonly last: string
  readonly lastText: string
  /** The log of a detached daemon; and what it held before it was too large. */
  readonly log: string
  readonly logPrevious: string
}

/**
 * The paths of the instance that `at` belongs to. `TALLYD_HOME` puts all of them under one folder;
 * otherwise the XDG Base Directory Specification on Linux and Application Support on macOS.
 */
export function pathsOf(at: Surroundings): Paths {
  const { env, home, platform } = at
  const own = nonEmpty(env['TALLYD_HOME'])
  if (own !== undefined) return layout(join(own, 'config.json'), own, own)
  if (platform === 'darwin') {
    const folder = join(home, 'Library', 'Application Support', 'tallyd')
    return layout(join(folder, 'config.json'), folder, join(folder, 'run'))
  }
  const config = join(nonEmpty(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'tallyd', 'config.json')
  const state = join(nonEmpty(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state'), 'tallyd')
  const runtime = nonEmpty(env['XDG_RUNTIME_DIR'])
  return layout(config, state, runtime === undefined ? join(state, 'run') : join(runtime, 'tallyd'))
}

/**
 * The longest socket path in bytes: `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them the
 * terminating NUL. Node 20 truncates a longer one silently, so we refuse it.
 */
export function longestSocketPath(platform: string): number {
  return platform === 'darwin' ? 103 : 107
}

function layout(config: string, state: string, run: string): Paths {
  return {
    config,
    state,
    run,
    socket: join(run, 'tallyd.sock'),
    lock: join(run, 'tallyd.lock'),
    stateLock: join(state, 'tallyd.lock'),
    checkpoint: join(state, 'checkpoint.bin'),
    checkpointPrevious: join(state, 'checkpoint.previous.bin'),
    identity: join(state, 'identity.json'),
    devices: join(state, 'devices.json'),
    tokens: join(state, 'tokens.json'),
    web: join(state, 'web.json'),
    webPort: join(state, 'web-port.json'),
    credentials: join(state, 'credentials.json'),
    logins: join(state, 'logins.json'),
    vault: join(state, 'vault.json'),
    vaultKey: join(state, 'vault.key'),
    quotas: join(state, 'quotas.json'),
    alerts: join(state, 'alerts.json'),
    copies: join(state, 'copies'),
    audit: join(state, 'audit.jsonl'),
    auditPrevious: join(state, 'audit.previous.jsonl'),
    outbox: join(state, 'outbox.json'),
    incidents: join(state, 'incidents.json'),
    last: join(run, 'last.json'),
    lastText: join(run, 'last.txt'),
    log: join(state, 'tallyd.log'),
    logPrevious: join(state, 'tallyd.previous.log'),
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}
