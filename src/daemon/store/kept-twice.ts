// Opens a document of which each version is stored twice: what stands in it must not come back by a lost file. Where it cannot be used the
// owner is told, and what is there is not written over.
import { type Document, openDocument } from './document.ts'
import type { DurableFileContext, Quarantine } from './durable-file.ts'
import type { Incidents } from './incidents.ts'

interface KeptTwiceContext<T> extends Pick<DurableFileContext<T>, 'path' | 'schema' | 'older' | 'check'> {
  readonly empty: T
  readonly incidents: Incidents
  /** Of the incidents. */
  readonly code: string
  /** What to do where both copies are lost. */
  readonly whenLost: string
  /** What it means that it cannot be read now, to be put after the reason; empty where that says it all. */
  readonly meanwhile: string
}

/** `unreadable` says why it cannot be read now; then it is empty, and every change is refused. Never throws. */
export async function openKeptTwice<T>({
  incidents,
  code,
  whenLost,
  meanwhile,
  ...file
}: KeptTwiceContext<T>): Promise<{ document: Document<T>; unreadable: string | null }> {
  const { path, empty } = file
  const onQuarantine = ({ path: subject, broken, why, previousUsed }: Quarantine) =>
    incidents.record({
      code,
      subject,
      says: `${subject} could not be used (${why})${broken === null ? '' : `; it is kept as ${broken}`}`,
      next: previousUsed ? 'nothing is lost: its second copy is used' : whenLost,
      kept: broken,
    })
  try {
    const document = await openDocument<T>({ ...file, twice: true, onQuarantine })
    incidents.resolve(code)
    return { document, unreadable: null }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    incidents.record({
      code,
      subject: path,
      says: `${path} cannot be read (${why})${meanwhile}`,
      next: 'mend its permissions, then restart tallyd',
    })
    return { document: { value: empty, update: () => Promise.reject(error) }, unreadable: why }
  }
}
