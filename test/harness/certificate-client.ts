// A client that has a certificate and no pairing, at a device's LAN listener: what it asks over one new connection each.
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { DeviceAgent, dial } from '../../src/daemon/devices/dial.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import type { Device } from './devices.ts'

export interface Said {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Of JSON; empty where there was none. */
  readonly body: Readonly<Record<string, unknown>>
}

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export class CertificateClient {
  readonly identity: Identity
  readonly #port: number

  constructor({ port }: Pick<Device, 'port'>, identity: Identity) {
    this.identity = identity
    this.#port = port
  }

  /** One POST of a form. */
  form(path: string, fields: Readonly<Record<string, string>>): Promise<Said> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.post(path, new URLSearchParams(fields).toString(), headers)
  }

  /** RFC 8628 §3.1. */
  begin(more: Readonly<Record<string, string>> = {}): Promise<Said> {
    return this.form('/oauth/device_authorization', { client_id: 'tallyctl', label: 'studio', ...more })
  }

  /** RFC 8628 §3.4. */
  poll(deviceCode: unknown): Promise<Said> {
    return this.form('/oauth/token', {
      client_id: 'tallyctl',
      grant_type: DEVICE_CODE_GRANT,
      device_code: String(deviceCode),
    })
  }

  /** One call of JSON-RPC, with a token or none. */
  rpc(method: string, token: unknown, params: object = {}): Promise<Said> {
    const headers = {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${String(token)}` }),
    }
    return this.post('/v1/rpc', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), headers)
  }

  async post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    const target = { host: '127.0.0.1', port: this.#port, pin: null }
    const agent = new DeviceAgent(() => dial(target, { identity: this.identity, now: Date.now }))
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request({ agent, host: 'device', path, method: 'POST', headers }, resolve)
        sent.on('error', reject)
        sent.end(body)
      })
      let text = ''
      for await (const part of response.setEncoding('utf8')) text += part
      const { statusCode: status = 0 } = response
      return { status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
    } finally {
      agent.destroy()
    }
  }
}
