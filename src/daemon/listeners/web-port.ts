// Which port the web listener has: the config's, which never moves; else the usual one, or where that was taken another one, for good.
import { TallyError } from '../../contract/errors.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument } from '../store/told-document.ts'

export const DEFAULT_PORT = 4766

interface Remembered {
  readonly port: number | null
}

const NOWHERE: Remembered = { port: null }

export interface WebPort {
  /** Calls `open` with the port; 0 for any that is free. Throws TallyError portTaken, or what `open` throws. */
  open<D extends { readonly port: number }>(open: (port: number) => Promise<D>): Promise<D>
}

/** Reads what is remembered at `path`; where it cannot be read the usual port is tried again, and it is said. Never throws. */
export async function openWebPort(
  path: string,
  configured: number | undefined,
  incidents: Pick<Incidents, 'record' | 'resolve'>,
): Promise<WebPort> {
  const { document } = await openToldDocument<Remembered>({
    path,
    schema: SCHEMAS.webPort,
    check: isRemembered,
    empty: NOWHERE,
    incidents,
    code: 'webPortUnreadable',
    whenLost:
      'tallyctl status shows where the web listener is now: see that displays and scripts have it; to pin the port, set web.port in the config file',
    meanwhile: '; the web listener is where it usually is, see tallyctl status',
  })
  return {
    async open(open) {
      const port = configured ?? document.value.port ?? DEFAULT_PORT
      try {
        return await open(port)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
        if (configured !== undefined || document.value.port !== null) {
          throw new TallyError('portTaken', String(port), 'set web.port in the config file to a free one')
        }
      }
      const opened = await open(0)
      // On a full disk it is open all the same, and may move once more at the next start.
      await document.update(() => ({ port: opened.port })).catch(() => undefined)
      return opened
    },
  }
}

function isRemembered(data: unknown): data is Remembered {
  const port = typeof data === 'object' && data !== null && 'port' in data ? data.port : undefined
  return port === null || (Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535)
}
