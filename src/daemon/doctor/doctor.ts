// Runs every noun's self-checks and makes one report of them. The checks themselves live with their nouns.
import type { Check } from '../../contract/doctor.ts'

/** One noun's checks. */
export interface Checkup {
  /** Shown as the subject if the checks themselves fail. */
  readonly subject: string
  readonly checks: (thorough: boolean) => Promise<readonly Check[]>
}

export interface Doctor {
  /** Never throws: a checkup that does is a broken line of the report. `thorough` takes its time, for an owner who asks. */
  run(thorough: boolean): Promise<Check[]>
}

/** How long one checkup may take before it is reported as broken, in milliseconds. */
const LONGEST_MS = 10_000

/** `found` hears how many checks were warning or broken, after each run. */
export function createDoctor(checkups: readonly Checkup[], found: (problems: number) => void): Doctor {
  return {
    async run(thorough) {
      const reports = await Promise.all(checkups.map((checkup) => examine(checkup, thorough)))
      const checks = reports.flat()
      found(checks.filter((check) => check.level !== 'ok').length)
      return checks
    },
  }
}

async function examine({ subject, checks }: Checkup, thorough: boolean): Promise<readonly Check[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${LONGEST_MS / 1000} s`)), LONGEST_MS)
  })
  try {
    return await Promise.race([checks(thorough), late])
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const next = "look at the daemon's log: tallyctl paths"
    return [{ level: 'broken', code: 'checkupFailed', subject, says: `its checks failed: ${why}`, next }]
  } finally {
    clearTimeout(timer)
  }
}
