// A client that enrols over the web listener of a real daemon and is approved on its control socket (RFC 8628).
import type { Call } from './lanes.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Resolves when the client has its token: then `member`, a new one, has it. Rejects where one of the steps does not succeed. */
export async function enrol(call: Call, webPort: number, member: string): Promise<void> {
  const begun = await form(webPort, 'device_authorization', { label: 'a display' })
  await call('requests.approve', { code: String(begun['user_code']), newMember: member })
  await form(webPort, 'token', { grant_type: GRANT, device_code: String(begun['device_code']) })
}

async function form(
  port: number,
  path: string,
  fields: Record<string, string>,
): Promise<Record<string, unknown>> {
  const reply = await fetch(`http://127.0.0.1:${port}/oauth/${path}`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: new URLSearchParams({ client_id: 'tallyctl', ...fields }),
  })
  const json = (await reply.json()) as Record<string, unknown>
  if (reply.ok) return json
  throw Object.assign(new Error(`${path}: ${JSON.stringify(json)}`), { code: reply.status })
}
