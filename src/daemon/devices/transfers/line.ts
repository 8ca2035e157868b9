// One WebSocket of a transfer: first the ceremony's messages as text, then sealed frames as bytes.
import { isUtf8 } from 'node:buffer'
import type { WebSocket } from 'ws'
import { fitsTransferMessage } from '../../../contract/generated/wire.ts'
import { TRANSFER } from '../../../contract/transfer-words.ts'
import { type SealedRole, sealedFor } from '../../ceremony/sealed.ts'
import type { LineEvent, SealedLine } from '../../ceremony/sealed-line.ts'
import { type CeremonyLine, ceremonyLine } from '../ceremony-line.ts'
import type { Peer } from '../tls.ts'

/** What stands around the items in a message, in bytes: more than any has. */
const ENVELOPE_BYTES = 4_096
/** Events that wait for somebody who listens; nobody sends ahead of an answer. */
const WAITING_CAP = 4

export interface SealedWith {
  readonly role: SealedRole
  /** 32 hexadecimal digits. */
  readonly transfer: string
  readonly secret: Uint8Array
  /** This device's, 32 bytes. */
  readonly own: Uint8Array
}

export interface TransferSocket {
  readonly peer: Peer
  readonly ceremony: CeremonyLine
  /** From here on everything is sealed. */
  sealed(facts: SealedWith): SealedLine
}

/** `early`: frames that may come before it is known with which keys they are sealed; to a sender none may. */
export function transferSocket(socket: WebSocket, peer: Peer, early: 0 | 4): TransferSocket {
  let onFrame: ((frame: Buffer) => void) | undefined
  // The sender's greeting and its first frame may come in one piece.
  const waitingFrames: Buffer[] = []
  const ceremony = ceremonyLine(socket, (frame) => {
    if (onFrame !== undefined) onFrame(frame)
    else if (waitingFrames.length < early) waitingFrames.push(frame)
    else socket.terminate()
  })
  return {
    peer,
    ceremony,
    sealed({ role, transfer, secret, own }) {
      const theirs = Buffer.from(peer.fingerprint, 'hex')
      const facts = {
        secret,
        transfer: Buffer.from(transfer, 'hex'),
        sender: role === 'sender' ? own : theirs,
        receiver: role === 'sender' ? theirs : own,
      }
      const seals = sealedFor(role, facts, TRANSFER.bytes + ENVELOPE_BYTES)
      const waiting: LineEvent[] = []
      let listener: ((event: LineEvent) => void) | undefined
      const hear = (event: LineEvent) => {
        if (listener !== undefined) listener(event)
        else if (waiting.length < WAITING_CAP || event.type === 'closed') waiting.push(event)
        else socket.terminate()
      }
      onFrame = (frame) => {
        let opened: Buffer | null
        try {
          opened = seals.open(frame)
        } catch {
          return hear({ type: 'received', message: null })
        }
        if (opened !== null) hear({ type: 'received', message: messageIn(opened) })
      }
      for (const frame of waitingFrames.splice(0)) onFrame(frame)
      ceremony.onClosed(() => hear({ type: 'closed' }))
      return {
        transfer,
        other: { id: peer.fingerprint, address: peer.host },
        send(message) {
          if (socket.readyState !== socket.OPEN) return
          for (const frame of seals.seal(Buffer.from(JSON.stringify(message)))) socket.send(frame)
        },
        listen(hears) {
          listener = hears
          for (const event of waiting.splice(0)) hears(event)
        },
        close: () => ceremony.close(),
      }
    },
  }
}

function messageIn(bytes: Buffer) {
  try {
    const value: unknown = isUtf8(bytes) ? JSON.parse(bytes.toString()) : null
    return fitsTransferMessage(value) ? value : null
  } catch {
    return null
  }
}
