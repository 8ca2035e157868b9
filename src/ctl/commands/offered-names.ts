// Names that only the daemon knows, for completion. One that does not run, or takes too long, knows none.
import { METHOD_TABLE } from '../../contract/generated/client.ts'
import type { Daemon } from '../connection/daemon.ts'
import { displaysOf } from './displays.ts'
import type { Named } from './flags.ts'

/** Who waits with a key under the finger waits no longer, in milliseconds. */
const PATIENCE_MS = 1000

/** The names, in the daemon's order; none where it cannot be asked. */
export async function namesOf(named: Named, daemon: Daemon): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), PATIENCE_MS)
  })
  try {
    return await Promise.race([ask(named, daemon), tooLate])
  } catch {
    return []
  } finally {
    clearTimeout(timer)
  }
}

async function ask(named: Named, daemon: Daemon): Promise<readonly string[]> {
  switch (named) {
    case 'agent':
      return (await daemon.call('usage.summary', { range: 'all', by: ['agent'] })).rows.map(
        ({ agent }) => agent ?? '',
      )
    case 'model':
      return (await daemon.call('usage.summary', { range: 'all', by: ['model'] })).rows.map(
        ({ model }) => model ?? '',
      )
    case 'config':
      return (await daemon.call('configs.list', {})).configs.map(({ name }) => name)
    case 'secret':
      return (await daemon.call('secrets.list', {})).secrets.map(({ name }) => name)
    case 'device':
      return (await daemon.call('devices.list', {})).devices.map(({ name }) => name)
    case 'member':
      return (await daemon.call('members.list', {})).members.map(({ name }) => name)
    case 'token':
      return (await daemon.call('tokens.list', {})).tokens.map(({ id }) => id)
    case 'display':
      return (await displaysOf(daemon)).map(({ member }) => member)
    case 'method':
      return Object.keys(METHOD_TABLE)
    case 'file':
      return []
  }
}
