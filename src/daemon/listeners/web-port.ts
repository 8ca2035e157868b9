// Which port the web listener has: the config's, which never moves; else the usual one, or where that was taken another one, for good.
import { TallyError } from '../../contract/errors.ts'
import { openDocument } from '../store/document.ts'
import { SCHEMAS } from '../store/schemas.ts'

export const DEFAULT_PORT = 4766

interface Remembered {
  readonly port: number | null
}

export interface WebPort {
  /** Calls `open` with the port; 0 for any that is free. Throws TallyError portTaken, or what `open` throws. */
  open<D extends { readonly port: number }>(open: (port: number) => Promise<D>): Promise<D>
}

/** Reads what is remembered at `path`. Throws what reading throws on EACCES or EIO. */
export async function openWebPort(path: string, configured: number | undefined): Promise<WebPort> {
  const document = await openDocument<Remembered>({
    path,
    schema: SCHEMAS.webPort,
    check: isRemembered,
    empty: { port: null },
    // Where it cannot be read the usual port is tried again.
    onQuarantine: () => undefined,
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
