// openid-client, as it comes: it discovers us over HTTPS, trusting our authority alone, and sees every outcome of RFC 8628.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { OWNER } from '../access/desk.ts'
import { webServed } from './web-served.ts'

const CLIENT = fileURLToPath(new URL('./openid-poller.js', import.meta.url))

/** Runs the client as a process of its own, because NODE_EXTRA_CA_CERTS is read at the start of one. */
async function poller(t: Test, issuer: string, pem: string, home: string) {
  const ca = join(home, 'authority.pem')
  writeFileSync(ca, pem)
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const child = execFile(process.execPath, [CLIENT, issuer], { env: { ...env, NODE_EXTRA_CA_CERTS: ca } })
  t.teardown(() => child.kill('SIGKILL'))
  const heard: Record<string, unknown>[] = []
  let rest = ''
  const waiting = new Set<() => void>()
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) heard.push(JSON.parse(line) as Record<string, unknown>)
    for (const wake of waiting) wake()
  })
  let complaint = ''
  child.stderr?.on('data', (text: string) => {
    complaint += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const said = (key: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const look = () => {
        const found = heard.find((each) => key in each)
        if (found !== undefined) resolve(found)
      }
      waiting.add(look)
      void ended.then(() => reject(new Error(`it ended without ${key}: ${complaint}`)))
      look()
    })
  return { said, ended, complaint: () => complaint }
}

async function secured(t: Test) {
  const served = await webServed(t, { lan: true, names: ['localhost'] })
  const { pem } = await served.listener.certificate()
  return { ...served, pem }
}

t.test('approved while it polls: it gets a token, after a slow_down that it obeys', async (t) => {
  const { url, pem, home, access, clock, recorded } = await secured(t)
  const { said } = await poller(t, url, pem, home)
  const { begun } = (await said('begun')) as {
    begun: { user_code: string; interval: number; expires_in: number }
  }
  t.match(begun, { interval: 5, expires_in: 600, verification_uri: `${url}/approve` })
  // Its first poll is at five seconds of its own clock; ours stands still, so that its second one comes too soon for us.
  await said('polled')
  const slow = (await said('slowed')) as { slowed: { afterMs: number } }
  access.approve(
    {
      code: begun.user_code,
      member: 'kitchen',
      exists: 'new',
      scopes: undefined,
      label: undefined,
      expiresIn: undefined,
      takeover: false,
    },
    OWNER,
  )
  clock.ticks += 60_000
  const { token } = (await said('token')) as {
    token: { access_token: string; token_type: string; afterMs: number }
  }
  t.match(token, { access_token: /^tallyd_[\w-]{43}$/, token_type: 'bearer', scope: 'usage:read' })
  t.ok(
    token.afterMs - slow.slowed.afterMs >= 9_900,
    `five seconds more: ${token.afterMs - slow.slowed.afterMs} ms`,
  )
  t.ok(recorded.some(({ what }) => what === 'enrolmentRedeemed'))
})

t.test('denied and expired arrive as the RFC says', async (t) => {
  const { url, pem, home, access, clock } = await secured(t)
  const [one, other] = [await poller(t, url, pem, home), await poller(t, url, pem, home)]
  const { begun } = (await one.said('begun')) as { begun: { user_code: string } }
  await other.said('begun')
  access.deny({ code: begun.user_code }, OWNER)
  t.match(await one.said('refused'), { refused: 'access_denied' })
  clock.ticks += 601_000
  t.match(await other.said('refused'), { refused: 'expired_token' })
})

t.test('without our authority it does not get as far as asking', async (t) => {
  const [ours, others] = [await secured(t), await secured(t)]
  const { ended, complaint } = await poller(t, ours.url, others.pem, ours.home)
  await ended
  t.match(complaint(), /self.signed certificate|unable to (verify|get)|signature failure/i)
})
