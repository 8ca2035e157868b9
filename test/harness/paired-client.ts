// What a paired device is to another: its certificate and its token, read from its state, so that a test can ask in its name.
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { DeviceAgent, dial } from '../../src/daemon/devices/dial.ts'
import { knockOf } from '../../src/daemon/devices/knock.ts'
import type { Member } from '../../src/daemon/devices/roster.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import { loadIdentity } from '../../src/daemon/identity/identity.ts'
import { hashOf } from '../../src/daemon/tokens/token.ts'
import type { Device } from './devices.ts'

export interface Holdings {
  readonly identity: Identity
  /** What the device knows of the other one, token included. */
  readonly member: Member
}

/** What `device` holds for `other`. */
export async function holdingsOf(device: Device, other: Device): Promise<Holdings> {
  const paths = { identity: join(device.home, 'identity.json') }
  const identity = await loadIdentity({ paths, machineId: async () => null, now: Date.now })
  const member = membersOf(device).find(({ name }) => name === other.name)
  if (identity === null || member === undefined) throw new Error(`${device.name} does not know ${other.name}`)
  return { identity, member }
}

export function membersOf({ home }: Device): Member[] {
  const { data } = JSON.parse(readFileSync(join(home, 'devices.json'), 'utf8')) as {
    data: { members: Member[] }
  }
  return data.members
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** From before the dialling until the last byte, in milliseconds. */
  readonly ms: number
}

/** One request over a new connection: GET /v1/usage, unless `asked` says otherwise. */
export async function ask(
  { identity, member }: Holdings,
  asked: { token?: string | null; path?: string; method?: string; body?: string; knocks?: boolean } = {},
): Promise<Answer> {
  const { token = member.token, path = '/v1/usage', method = 'GET', body, knocks = true } = asked
  const began = performance.now()
  const [host, port] = member.address!.split(':') as [string, string]
  const knock = token === null || !knocks ? null : knockOf(hashOf(token))
  const target = { host, port: Number(port), pin: member, knock }
  const agent = new DeviceAgent(() => dial(target, { identity, now: Date.now }))
  try {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ agent, host: 'device', path, method, headers }, resolve)
      sent.on('error', reject)
      sent.end(body)
    })
    let text = ''
    for await (const part of response.setEncoding('utf8')) text += part
    return { status: response.statusCode ?? 0, body: text, ms: performance.now() - began }
  } finally {
    agent.destroy()
  }
}
