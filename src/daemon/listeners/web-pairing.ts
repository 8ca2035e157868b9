// /dashboard/v1/pairing: how a display that has six digits comes to a token. Only on the web listener, which is on loopback or speaks
// TLS; while no window is open there is nothing here.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TallyError } from '../../contract/errors.ts'
import type { DisplayPairings } from '../access/display-pairing.ts'
import { plainAddress } from '../devices/tls.ts'
import { deny, JSON_TYPE } from './refusals.ts'
import { SNAPSHOT_PATH } from './web-dashboard.ts'

const PATH = '/dashboard/v1/pairing'
/** Characters of what a claim may hold. */
const LONGEST = 64

export interface PairingRoutesContext {
  readonly displays: () => Promise<Pick<DisplayPairings, 'openToClaims' | 'claim'>>
  /** Where this listener is reached; from the configuration, never from a Host header. */
  readonly issuer: () => string
}

export function pairingRoutes(app: FastifyInstance, { displays, issuer }: PairingRoutesContext): void {
  app.get(PATH, async (_request, reply) => {
    const open = (await displays()).openToClaims()
    if (open === null) return nothing(reply)
    const { pairingId, codeLength, expiresInSeconds } = open
    return answer(reply, {
      schemaVersion: 1,
      service: 'tallyd',
      pairingId,
      auth: { type: 'code', codeLength, expiresInSeconds },
    })
  })

  app.post(`${PATH}/claim`, async (request, reply) => {
    const pairings = await displays()
    if (pairings.openToClaims() === null) return nothing(reply)
    const claim = claimIn(request)
    if (claim === null) {
      return deny(reply, 400, 'a claim is a JSON object in the body: {"pairingId": "…", "code": "…"}')
    }
    const address = plainAddress(request.raw.socket.remoteAddress ?? '')
    try {
      const claimed = await pairings.claim(claim.pairingId, claim.code, address)
      if (claimed === 'closed') return nothing(reply)
      if (claimed === 'wrong') return deny(reply, 401, 'invalid pairing code')
      return answer(reply, { schemaVersion: 1, endpoint: `${issuer()}${SNAPSHOT_PATH}`, token: claimed })
    } catch (error) {
      if (!(error instanceof TallyError)) throw error
      return deny(reply, 503, 'the token could not be stored', 'try again; on the device: tallyctl doctor')
    }
  })
}

function answer(reply: FastifyReply, value: object): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(JSON.stringify(value))
}

function nothing(reply: FastifyReply): FastifyReply {
  return deny(reply, 404, 'no display is awaited', 'on the device: tallyctl displays pair')
}

/** Null for what is no claim: it is not counted. Spaces between the digits are left out. */
function claimIn({ body }: FastifyRequest): { readonly pairingId: string; readonly code: string } | null {
  try {
    const { pairingId, code } = JSON.parse(typeof body === 'string' ? body : '') as Record<string, unknown>
    if (typeof pairingId !== 'string' || typeof code !== 'string') return null
    if (pairingId.length > LONGEST || code.length > LONGEST) return null
    return { pairingId, code: code.replaceAll(/[\s-]/g, '') }
  } catch {
    return null
  }
}
