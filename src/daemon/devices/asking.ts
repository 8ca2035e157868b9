// Asks a paired device for something, within bounds of size, time and speed.
import { request } from 'node:http'
import { WIRE } from '../../contract/wire-bounds.ts'
import type { DeviceAgent } from './dial.ts'
import { Refused } from './problems.ts'

/** An answer may take this long, in milliseconds, and longer for each byte of it at this speed, in bytes a second. */
const ANSWER_MS = 10_000
const SLOWEST = 64 * 1024
/** One GET; rejects past the bounds of time and size. */
export function get(
  agent: DeviceAgent,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const parts: Buffer[] = []
    let bytes = 0
    const watch = setInterval(() => {
      const allowed = ANSWER_MS + (bytes / SLOWEST) * 1000
      if (performance.now() - began > allowed) asked.destroy(new Refused('badAnswer', 'it comes too slowly'))
    }, 1_000)
    const asked = request({ agent, host: 'device', path, headers }, (response) => {
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= WIRE.bytes) parts.push(part)
        else asked.destroy(new Refused('badAnswer', `more than ${WIRE.bytes} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) })
      })
    })
    asked.on('error', reject)
    asked.on('close', () => clearInterval(watch))
    asked.end()
  })
}
