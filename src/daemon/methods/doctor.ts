// doctor.run: every self-check, now.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function doctorHandlers(parts: Parts): HandlersOf<'doctor'> {
  return { 'doctor.run': async () => ({ checks: await (await parts.doctor()).run(true) }) }
}
