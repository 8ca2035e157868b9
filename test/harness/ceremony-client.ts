// A stranger's end of a ceremony with a real daemon: a WebSocket over which a test says what it likes.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { encoded } from '../../src/daemon/ceremony/message.ts'
import { RANDOM_BYTES, scalarFrom, shareOfProver } from '../../src/daemon/ceremony/spake2plus.ts'
import { type CeremonyLine, ceremonyLine } from '../../src/daemon/devices/ceremony-line.ts'
import { dial } from '../../src/daemon/devices/dial.ts'
import type { Peer } from '../../src/daemon/devices/tls.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import type { Teardown } from './daemon.ts'
import { madeIdentity } from './stranger.ts'

export interface CeremonyClient {
  readonly identity: Identity
  readonly peer: Peer
  readonly line: CeremonyLine
  readonly socket: WebSocket
}

/** Opens it. Rejects with DialError, or as `ws` does. */
export async function ceremonyWith(
  t: Teardown,
  port: number,
  identity = madeIdentity(),
): Promise<CeremonyClient> {
  const { socket: tls, peer } = await dial(
    { host: '127.0.0.1', port, pin: null },
    { identity, now: Date.now },
  )
  const socket = new WebSocket('ws://device/v1/ceremony', { createConnection: () => tls })
  t.teardown(() => socket.terminate())
  const line = ceremonyLine(socket)
  await once(socket, 'open')
  return { identity, peer, line, socket }
}

/** A share that is well-formed and fits no code that anybody knows. */
export function guessedShare() {
  const [w0, x] = [scalarFrom(randomBytes(RANDOM_BYTES)), scalarFrom(randomBytes(RANDOM_BYTES))]
  return { type: 'shareP', version: 1, direction: 'mutual', share: encoded(shareOfProver(w0, x)) } as const
}
