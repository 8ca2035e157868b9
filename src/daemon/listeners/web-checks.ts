// What the doctor says of the web listener.
import type { WebState } from '../../contract/access.ts'
import type { Config } from '../../contract/config.ts'
import type { Check } from '../../contract/doctor.ts'
import { ERRORS } from '../../contract/errors.ts'
import { plainHttpSays } from '../../contract/plain-http-words.ts'
import { whoHasPort } from '../../contract/port-words.ts'
import { DEFAULT_PORT } from './web-port.ts'

const subject = 'web'

export function webChecks({ url, port, lan, plainHttpPort, problem }: WebState, { web }: Config): Check[] {
  if (problem !== null) {
    const key = problem.includes('web.plainHttp') ? 'web.plainHttpPort' : 'web.port'
    const isTaken = problem.startsWith(ERRORS.portTaken.says)
    const who = whoHasPort(problem)
    const next = isTaken
      ? `${who === null ? '' : `who has it: ${who}; `}end that, or set ${key} in the config file to a free one, then restart tallyd; it is tried again every 30 s`
      : 'mend it; it is tried again every 30 s'
    return [{ level: 'broken', code: 'webFailed', subject, says: problem, next }]
  }
  if (url === null && web?.plainHttp === true) {
    const says = 'off, and so is web.plainHttp, which needs it'
    const next = 'take web.mode out of the config file, or web.plainHttp'
    return [{ level: 'warning', code: 'plainHttpAlone', subject, says, next }]
  }
  if (url === null) return [{ level: 'ok', code: 'webOff', subject, says: 'off' }]
  const hasMoved = web?.port === undefined && port !== DEFAULT_PORT
  const says = hasMoved ? `${url}, because port ${DEFAULT_PORT} was taken` : url
  if (lan && (web?.names ?? []).length === 0) {
    const next =
      'set web.names in the config file to the names under which others reach this machine, then restart tallyd'
    const open = `${says}: open to the network under no name of its own`
    return [{ level: 'warning', code: 'webUnnamed', subject, says: open, next }]
  }
  if (plainHttpPort === null) return [{ level: 'ok', code: 'web', subject, says }]
  return [{ level: 'ok', code: 'web', subject, says: `${says}; ${plainHttpSays(plainHttpPort)}` }]
}
