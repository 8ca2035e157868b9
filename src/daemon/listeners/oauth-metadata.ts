// What the web listener says of itself (RFC 8414), and of the LAN listener, where a device gets a token that is bound to its
// certificate (RFC 8705 §5).
import type { FastifyInstance } from 'fastify'
import { DEVICE_CODE_GRANT } from '../../contract/device-grant.ts'
import { SCOPE_NAMES } from '../../contract/scope-words.ts'

/** The LAN listener while it is open, and the fingerprint of the certificate that it presents. */
export interface LanDoor {
  readonly port: number
  readonly fingerprint: string
}

export interface MetadataContext {
  /** RFC 8414 §2: our URL, from configuration. */
  readonly issuer: () => string
  /** Null while it is closed. */
  readonly lan: () => LanDoor | null
}

export function oauthMetadata(app: FastifyInstance, { issuer, lan }: MetadataContext): void {
  app.get('/.well-known/oauth-authorization-server', async () => metadata(issuer(), lan()))
}

function metadata(issuer: string, lan: LanDoor | null) {
  return {
    issuer,
    ...endpointsAt(issuer),
    response_types_supported: [],
    grant_types_supported: [DEVICE_CODE_GRANT],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    scopes_supported: SCOPE_NAMES,
    ...(lan === null ? {} : certificateBound(issuer, lan)),
  }
}

/** `tallyd_device` is what a device pins there: that certificate is signed by nobody. */
function certificateBound(issuer: string, { port, fingerprint }: LanDoor) {
  return {
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: endpointsAt(`https://${new URL(issuer).hostname}:${port}`),
    tallyd_device: fingerprint,
  }
}

function endpointsAt(base: string) {
  return {
    token_endpoint: `${base}/oauth/token`,
    device_authorization_endpoint: `${base}/oauth/device_authorization`,
    revocation_endpoint: `${base}/oauth/revoke`,
  }
}
