// Which port the web listener has: the config's, which never moves; else the usual one, or where that was taken another one, for good.
import { TallyError } from '../../contract/errors.ts'
import { type Document, openDocument } from '../store/document.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'

export const DEFAULT_PORT = 4766

interface Remembered {
  readonly port: number | null
}

const UNREADABLE = 'webPortUnreadable'
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
  const document = await openRemembered(path, incidents)
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

async function openRemembered(
  path: string,
  incidents: Pick<Incidents, 'record' | 'resolve'>,
): Promise<Document<Remembered>> {
  const told = (why: string, kept: string | null = null) =>
    incidents.record({
      code: UNREADABLE,
      subject: path,
      says: `${path} could not be used (${why}); the web listener is where it usually is`,
      next: 'tallyctl status shows its address: see that displays and scripts have it; to pin the port, set web.port in the config file',
      kept,
    })
  try {
    const document = await openDocument<Remembered>({
      path,
      schema: SCHEMAS.webPort,
      check: isRemembered,
      empty: NOWHERE,
      onQuarantine: ({ why, broken }) => told(why, broken),
    })
    incidents.resolve(UNREADABLE)
    return document
  } catch (error) {
    told(error instanceof Error ? error.message : String(error))
    return { value: NOWHERE, update: () => Promise.reject(error) }
  }
}

function isRemembered(data: unknown): data is Remembered {
  const port = typeof data === 'object' && data !== null && 'port' in data ? data.port : undefined
  return port === null || (Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535)
}
