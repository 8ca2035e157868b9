// An orderly end that ends: each part may take its time, and one that hangs keeps no other from what it has to write.
import type { Log } from './store/log.ts'

export interface StopSteps {
  /** Says goodbye and closes doors; nothing is lost where that is broken off. */
  readonly closing: readonly (() => unknown)[]
  /** Writes what is not written yet. */
  readonly writing: readonly (() => unknown)[]
}

/** How long one closing may take and all of them together; what is left of the whole is for writing. In milliseconds. */
export interface StopTimes {
  readonly one: number
  readonly closing: number
  readonly whole: number
}

const TIMES: StopTimes = { one: 2_500, closing: 3_500, whole: 4_700 }

/** One after the other. Resolves, at the latest after `whole`, to whether everything ended as it should. Never throws. */
export async function stopAll(
  { closing, writing }: StopSteps,
  log: Pick<Log, 'error'>,
  times: StopTimes = TIMES,
): Promise<boolean> {
  const began = performance.now()
  const left = (of: number) => Math.max(0, of - (performance.now() - began))
  let ended = true
  for (const step of closing) ended = (await stopOne(step, Math.min(times.one, left(times.closing)))) && ended
  for (const step of writing) ended = (await stopOne(step, left(times.whole))) && ended
  return ended

  async function stopOne(step: () => unknown, patienceMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it took longer than ${Math.round(patienceMs)} ms`)),
        patienceMs,
      )
    })
    try {
      // Begun in any case: what can end at once does, also after another part took all the time.
      await Promise.race([step(), late])
      return true
    } catch (error) {
      log.error('a part did not stop', error)
      return false
    } finally {
      clearTimeout(timer)
    }
  }
}
