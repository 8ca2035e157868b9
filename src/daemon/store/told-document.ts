// Opens a document and tells the owner, as an incident, where it cannot be used: what is there is not written over, and the daemon goes on
// without it.
import { type Document, openDocument } from './document.ts'
import type { DurableFileContext, Quarantine } from './durable-file.ts'
import type { Incidents, Recorded } from './incidents.ts'

export interface ToldDocumentContext<T> extends Omit<DurableFileContext<T>, 'onQuarantine'> {
  readonly empty: T
  readonly incidents: Pick<Incidents, 'record' | 'resolve'>
  /** Of the incidents. */
  readonly code: string
  /** What to do where nothing of it could be used. */
  readonly whenLost: string
  /** What to do where the version beside it could be used; the same where left out. */
  readonly whenCopied?: string
  /** What it means that it cannot be read now, to be put after the reason; empty where that says it all. */
  readonly meanwhile: string
}

/** `unreadable` says why it cannot be read now; then it is empty, and every change is refused. Never throws. */
export async function openToldDocument<T>({
  incidents,
  code,
  whenLost,
  whenCopied = whenLost,
  meanwhile,
  ...file
}: ToldDocumentContext<T>): Promise<{ document: Document<T>; unreadable: string | null }> {
  const { path, empty } = file
  const wrong: Recorded[] = []
  const onQuarantine = ({ path: subject, broken, why, previousUsed }: Quarantine) => {
    const kept = broken === null ? '' : `; it is kept as ${broken}`
    const next = previousUsed ? whenCopied : whenLost
    wrong.push({ code, subject, says: `${subject} could not be used (${why})${kept}`, next, kept: broken })
  }
  try {
    const document = await openDocument<T>({ ...file, onQuarantine })
    // What an earlier start said is over; what this one has to say is not.
    incidents.resolve(code)
    return { document, unreadable: null }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const next = 'mend its permissions, then restart tallyd'
    wrong.push({ code, subject: path, says: `${path} cannot be read (${why})${meanwhile}`, next })
    return { document: { value: empty, update: () => Promise.reject(error) }, unreadable: why }
  } finally {
    for (const each of wrong) incidents.record(each)
  }
}

/** Of one that is stored twice: what stands in it must not come back by a lost file. */
export const TWICE = { twice: true, whenCopied: 'nothing is lost: its second copy is used' } as const
