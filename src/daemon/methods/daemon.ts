// daemon.*: what runs, where, and how to end it.
import type { Status } from '../../contract/daemon.ts'
import { EVENT_NAMES, METHOD_TABLE } from '../../contract/generated/client.ts'
import type { Sharing } from '../../contract/sharing.ts'
import type { IndexState } from '../usage/usage.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

const NOT_LOADED: IndexState = {
  ready: false,
  files: 0,
  bytes: 0,
  lines: 0,
  rejected: 0,
  tookMs: 0,
  progress: null,
}

const NOT_SHARED: Sharing = { open: false, port: null, mode: 'off', until: null, problem: null }

export function daemonHandlers(parts: Parts): HandlersOf<'daemon'> {
  return {
    'daemon.hello': () => ({
      version: parts.version,
      methods: Object.keys(METHOD_TABLE),
      events: [...EVENT_NAMES],
    }),
    'daemon.status': () => daemonStatus(parts),
    'daemon.paths': () => daemonPaths(parts),
    'daemon.stop': () => {
      parts.stop()
      return { stopped: { pid: process.pid } }
    },
  }
}

/** The value of daemon.status and of every status.changed. */
export function daemonStatus(parts: Parts): Status {
  const devices = parts.devicesIfLoaded()
  const { ready, files, bytes, lines, rejected, tookMs, progress } =
    parts.usageIfLoaded()?.state() ?? NOT_LOADED
  return {
    version: parts.version,
    pid: process.pid,
    ready,
    startedAt: parts.startedAt,
    device: { id: devices?.self().id ?? null, name: parts.deviceName() },
    listeners: {
      control: { path: parts.paths.socket },
      lan: devices?.sharing() ?? NOT_SHARED,
      web: parts.web(),
    },
    index: { files, bytes, lines, rejected, tookMs },
    progress,
    problems: parts.problems(),
  }
}

async function daemonPaths(parts: Parts): Promise<{ paths: Record<string, string> }> {
  const paths: Record<string, string> = { ...parts.paths }
  for (const source of (await parts.usage()).sources()) {
    source.folders.forEach((folder, index) => {
      paths[`logs.${source.agent}.${index + 1}`] = folder.path
    })
  }
  return { paths }
}
