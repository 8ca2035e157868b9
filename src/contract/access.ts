// access.* and web.*: who is asking, and the way in for a browser that the owner opens.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

const none = Type.Object({}, { additionalProperties: false })
const textOrNull = Type.Union([Type.String(), Type.Null()])

/** The web listener. `url` is the issuer of its tokens too; null while it is not open. */
export const WebState = Type.Object({
  url: textOrNull,
  port: Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.Null()]),
  lan: Type.Boolean({ description: 'HTTPS for the network instead of HTTP on loopback' }),
  plainHttp: Type.Boolean({
    description: 'the snapshot is also served unencrypted to the network: whoever listens there reads it',
  }),
  plainHttpPort: Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()], {
    description: 'why it is not open although it should be',
  }),
})

export const Whoami = Type.Object({
  asker: Type.Enum(['owner', 'launch', 'device', 'token']),
  member: textOrNull,
  token: textOrNull,
  label: textOrNull,
  scopes: Type.Array(Type.String()),
  expiresAt: textOrNull,
  device: Type.Object({ id: textOrNull, name: Type.String() }, { description: 'the device that answers' }),
  claimedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'the member that has claimed the device that asks',
  }),
})

export const accessMethods = {
  'access.whoami': method({
    summary: 'Who is asking, and what it may do.',
    params: none,
    result: Type.Object({ you: Whoami }),
    errors: [],
    askers: ['owner', 'launch', 'device', 'token'],
    scope: 'any',
    example: { params: {} },
  }),
  'web.launch': method({
    summary:
      'Makes a way in for one browser: used once, within 60 s. `file` redirects there, so that the secret stands in no argument of a program.',
    params: none,
    result: Type.Object({
      launched: Type.Object({
        url: Type.String({ description: 'with the secret in its fragment, which no server sees' }),
        file: Type.String({ description: 'readable by the owner alone; removed when it was used' }),
        expiresAt: Type.String(),
      }),
    }),
    errors: ['webClosed', 'stateUnwritable', 'tooMany'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
  'web.cert': method({
    summary: 'The certificate that signs for the web listener, and the pin of the key that it uses.',
    params: none,
    result: Type.Object({
      certificate: Type.Object({
        pem: Type.String({ description: 'of the authority; for NODE_EXTRA_CA_CERTS and curl --cacert' }),
        pin: Type.String({
          description: 'sha256// and base64 of the SHA-256 of the SPKI; for curl --pinnedpubkey and --pin',
        }),
        names: Type.Array(Type.String(), { description: 'names and addresses that it is for' }),
      }),
    }),
    errors: ['stateUnreadable', 'stateUnwritable'],
    askers: ['owner', 'launch'],
    example: { params: {}, note: 'not run by the example test: it makes a key' },
  }),
} as const

export type WebState = Static<typeof WebState>
export type Whoami = Static<typeof Whoami>
