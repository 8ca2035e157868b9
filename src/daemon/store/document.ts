// A small versioned JSON document: memory is never ahead of the disk.
import { Low } from 'lowdb'
import { DurableFile, type DurableFileContext } from './durable-file.ts'

export interface Document<T> {
  /** What the disk holds. */
  readonly value: Readonly<T>
  /**
   * Changes a copy, stores it, then adopts it. Throws what storing throws, and then `value` is as it was.
   * Changes are made one after the other.
   */
  update(change: (copy: T) => T): Promise<void>
}

/** Reads the document; `empty` where there is none. Throws what reading throws on EACCES or EIO. */
export async function openDocument<T>(
  context: DurableFileContext<T> & { readonly empty: T },
): Promise<Document<T>> {
  const adapter = new DurableFile<T>(context)
  // lowdb's own `update` changes memory before the disk: only its reading and writing are used.
  const adopted = new Low<T>(adapter, context.empty)
  await adopted.read()
  let queue: Promise<void> = Promise.resolve()
  return {
    get value() {
      return adopted.data
    },
    update(change) {
      const done = queue.then(async () => {
        const draft = new Low<T>(adapter, change(structuredClone(adopted.data)))
        await draft.write()
        adopted.data = draft.data
      })
      queue = done.catch(() => undefined)
      return done
    },
  }
}
