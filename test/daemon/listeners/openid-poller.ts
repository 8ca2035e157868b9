// A client of its own that enrols with openid-client, unmodified, and says on stdout what it sees, one JSON object a line.
import * as client from 'openid-client'

const [, , issuer = ''] = process.argv
const startedAt = performance.now()
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
const afterMs = () => Math.round(performance.now() - startedAt)

const configuration = await client.discovery(new URL(issuer), 'tallyctl', undefined, client.None(), {
  algorithm: 'oauth2',
})
let told = ''
configuration[client.customFetch] = async (url, options) => {
  const response = await fetch(url, options as RequestInit)
  const { error } = (await response
    .clone()
    .json()
    .catch(() => ({}))) as { error?: string }
  if (error === 'authorization_pending' && told === '') say({ polled: { afterMs: afterMs() } })
  if (error === 'slow_down') say({ slowed: { afterMs: afterMs() } })
  told = error ?? told
  return response
}
const begun = await client.initiateDeviceAuthorization(configuration, {
  scope: 'usage:read',
  label: 'openid-client',
})
say({ begun })
try {
  const token = await client.pollDeviceAuthorizationGrant(configuration, begun)
  say({ token: { ...token, afterMs: afterMs() } })
} catch (error) {
  say({ refused: error instanceof Error && 'error' in error ? error.error : String(error) })
}
