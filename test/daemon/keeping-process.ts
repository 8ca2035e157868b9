// A program for instance-kept.test.ts: a daemon's lock and socket alone, looked after every few milliseconds.
import { pathsOf } from '../../src/contract/paths.ts'
import { claimInstance, keepInstance } from '../../src/daemon/instance.ts'
import { listenControl } from '../../src/daemon/listeners/control.ts'
import { createLog } from '../../src/daemon/store/log.ts'

const [home = '', lookMs] = process.argv.slice(2)
process.umask(0o077)
const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: 'linux' })
const log = createLog('off')
try {
  const lock = await claimInstance(paths)
  const listener = await listenControl({
    path: paths.socket,
    dispatcher: { answer: async () => JSON.stringify({ jsonrpc: '2.0', id: 1, result: process.pid }) },
    feeds: { open: () => () => undefined, close: () => undefined },
    log,
    loaded: async () => undefined,
    metrics: async () => '',
    mayUnlink: lock.isHeld,
  })
  const lost = async () => {
    await listener.close()
    lock.release()
    process.exit(6)
  }
  const incidents = { record: () => undefined, flush: async () => undefined }
  keepInstance({ paths, lock, listener, incidents, log, lost: () => void lost(), lookMs: Number(lookMs) })
} catch {
  process.exit(7)
}
