// doctor.*: every self-check, now; the way to one device.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function doctorHandlers(parts: Parts): HandlersOf<'doctor'> {
  return {
    'doctor.run': async () => ({ checks: await (await parts.doctor()).run(true) }),
    'doctor.device': async ({ device }) => ({ checks: await (await parts.devices()).trial(device) }),
  }
}
