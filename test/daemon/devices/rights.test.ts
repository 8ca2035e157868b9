// A paired device that was given the right to approve says yes to clients of another one; without the right it is refused, from
// the moment on in which it is taken back.
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import {
  areLive,
  type Device,
  devices,
  failureOf,
  freePort,
  joinByCode,
  pairByCode,
} from '../../harness/devices.ts'
import { ask, holdingsOf } from '../../harness/paired-client.ts'

const RIGHT = 'requests:approve'

/** `kiosk` has clients; `desk` is paired with it. */
async function pair(t: Test): Promise<{ desk: Device; kiosk: Device; webPort: number }> {
  const webPort = await freePort()
  const [desk, kiosk] = (await devices(t, 2, {
    config: (at) => ({ web: at === 1 ? { port: webPort } : { mode: 'off' } }),
  })) as [Device, Device]
  await pairByCode(desk, kiosk)
  return { desk, kiosk, webPort }
}

interface Enrolment {
  readonly user_code: string
  readonly device_code: string
}

/** A client asks; not from the address of the devices, because who comes from there cannot say yes. */
function form(port: number, path: string, fields: Record<string, string>): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const to = { host: '127.0.0.1', port, localAddress: '127.0.0.9', path, method: 'POST', headers }
    const sent = request(to, async (response) => {
      let text = ''
      for await (const part of response.setEncoding('utf8')) text += part
      resolve(JSON.parse(text))
    })
    sent.on('error', reject)
    sent.end(new URLSearchParams({ client_id: 'tallyctl', ...fields }).toString())
  })
}

async function enrolling(port: number, scope = 'dashboard:read'): Promise<Enrolment> {
  return (await form(port, '/oauth/device_authorization', { label: 'display', scope })) as never
}

async function poll(port: number, { device_code }: Enrolment): Promise<Record<string, string>> {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
  return form(port, '/oauth/token', { grant_type, device_code })
}

t.test('a granted device lists, approves and denies', async (t) => {
  const { desk, kiosk, webPort } = await pair(t)
  t.same(await kiosk.call('devices.grant', { device: desk.name, right: RIGHT }), {
    granted: { id: await desk.id(), name: desk.name },
  })
  t.match(await kiosk.row(desk), { rights: [RIGHT] })
  const enrolment = await enrolling(webPort)
  const { requests } = await desk.call('requests.list', { on: kiosk.name })
  t.match(requests, [{ kind: 'enrolment', from: { name: 'display', address: '127.0.0.9' } }])
  const code = enrolment.user_code
  t.equal(
    await failureOf(desk.call('requests.approve', { code: 'BBBB-BBBB', newMember: 'x', on: kiosk.name })),
    'noSuchCode',
  )
  const { granted } = await desk.call('requests.approve', { code, newMember: 'display', on: kiosk.name })
  t.match(granted, { member: 'display', scopes: ['dashboard:read'] })
  t.match(await poll(webPort, enrolment), { access_token: /^tallyd_/, scope: 'dashboard:read' })
  const { tokens } = await kiosk.call('tokens.list')
  t.match(tokens, [{ member: 'display', createdBy: `device ${await desk.id()}` }])

  const second = await enrolling(webPort)
  await desk.call('requests.deny', { code: second.user_code, on: kiosk.name })
  t.match(await poll(webPort, second), { error: 'access_denied' })
  const { entries } = await kiosk.call('audit.list', { limit: 100 })
  t.match(
    entries.filter(({ what }) => what === 'rightGranted'),
    [{ subject: { id: await desk.id() }, detail: RIGHT }],
  )
})

t.test('it sees no pairing, and answers none', async (t) => {
  const { desk, kiosk, webPort } = await pair(t)
  await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
  await enrolling(webPort)
  const [other] = (await devices(t, 1, { config: () => ({ web: { mode: 'off' } }) })) as [Device]
  await other.call('pairing.compare', { address: kiosk.address })
  const pairing = async () =>
    (await kiosk.call('requests.list')).requests.find((each) => each.kind === 'pairing')
  await until(async () => (await pairing()) !== undefined, 'the kiosk shows the number')
  const { requests } = await desk.call('requests.list', { on: kiosk.name })
  t.same(
    requests.map(({ kind }) => kind),
    ['enrolment'],
  )
  const { id, digits } = (await pairing()) as { id: string; digits: string }
  const answers = [
    desk.call('requests.approve', { id, digits, on: kiosk.name }),
    desk.call('requests.deny', { id, on: kiosk.name }),
  ]
  for (const failure of await Promise.all(answers.map(failureOf))) t.not(failure, 'it worked')
  t.ok(await pairing(), 'it still waits for its owner')
})

t.test('it grants what a paired device may see, and nothing else', async (t) => {
  const { desk, kiosk, webPort } = await pair(t)
  await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
  for (const scope of ['admin', 'requests:approve', 'metrics:read']) {
    const { user_code: code } = await enrolling(webPort, scope)
    const approving = desk.call('requests.approve', { code, newMember: scope, on: kiosk.name })
    t.equal(await failureOf(approving), 'scopeTooWide', scope)
  }
  const { user_code: code } = await enrolling(webPort, 'usage:read')
  await desk.call('requests.approve', { code, newMember: 'script', on: kiosk.name })

  const holdings = await holdingsOf(desk, kiosk)
  for (const method of ['usage.summary', 'devices.grant', 'tokens.list', 'daemon.status', 'requests.open']) {
    const params = method === 'devices.grant' ? { device: desk.name, right: RIGHT } : {}
    const call = { jsonrpc: '2.0', id: 1, method, params }
    const { status, body } = await ask(holdings, {
      path: '/v1/rpc',
      method: 'POST',
      body: JSON.stringify(method === 'requests.open' ? { ...call, params: { link: 'x'.repeat(43) } } : call),
    })
    t.equal(status, 200)
    t.match(JSON.parse(body), { error: { message: /may not call/ } }, method)
  }
})

t.test(
  'without the right it is refused; ungranting, unpairing and pairing again end it at once',
  async (t) => {
    const { desk, kiosk, webPort } = await pair(t)
    const { user_code: code } = await enrolling(webPort)
    const rpc = { path: '/v1/rpc', method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"requests.list"}' }
    const status = async () => (await ask(await holdingsOf(desk, kiosk), rpc)).status
    const list = () => failureOf(desk.call('requests.list', { on: kiosk.name }))

    t.equal(await status(), 403)
    t.equal(await list(), 'notGranted')
    t.equal(
      await failureOf(desk.call('requests.approve', { code, newMember: 'x', on: kiosk.name })),
      'notGranted',
    )
    await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
    t.equal(await status(), 200)
    t.equal((await ask(await holdingsOf(desk, kiosk), { ...rpc, token: null })).status, 401)

    await kiosk.call('devices.ungrant', { device: desk.name, right: RIGHT })
    t.equal(await status(), 403)
    t.equal(await list(), 'notGranted')
    t.notOk((await kiosk.row(desk))?.rights)

    await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
    await kiosk.end('SIGKILL')
    await kiosk.start()
    await areLive(desk, kiosk)
    t.equal(await status(), 200, 'it outlives a kill')
    await pairByCode(desk, kiosk)
    t.equal(await list(), 'notGranted', 'paired again')

    await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
    const holdings = await holdingsOf(desk, kiosk)
    await kiosk.call('devices.unpair', { device: desk.name })
    await kiosk.call('sharing.set', { mode: 'always' })
    t.equal((await ask(holdings, rpc)).status, 401, 'unpaired')
    t.equal(await failureOf(kiosk.call('devices.grant', { device: desk.name, right: RIGHT })), 'noSuchDevice')
  },
)

t.test('nobody who comes from elsewhere goes on to a third', async (t) => {
  const { desk, kiosk, webPort } = await pair(t)
  await desk.call('devices.grant', { device: kiosk.name, right: RIGHT })
  const { token } = await kiosk.call('tokens.create', { member: 'deputy', scopes: ['admin'] })
  for (const method of ['requests.list', 'requests.deny']) {
    const answer = await fetch(`http://127.0.0.1:${webPort}/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { on: desk.name } }),
    })
    t.match(await answer.json(), { error: { message: /may not call/ } }, method)
  }
  t.equal(await failureOf(kiosk.call('requests.list', { on: desk.name })), 'it worked', 'its owner does')
})

t.test('a device that sees nothing has no token to come with', async (t) => {
  const [desk, kiosk] = (await devices(t, 2)) as [Device, Device]
  await joinByCode(desk, kiosk, 'give')
  t.equal(await failureOf(kiosk.call('devices.grant', { device: desk.name, right: RIGHT })), 'noSuchDevice')
  t.equal(await failureOf(desk.call('requests.list', { on: kiosk.name })), 'notGranted')
})

t.test('a device that is away, unknown or only half known', async (t) => {
  const { desk, kiosk } = await pair(t)
  t.equal(await failureOf(desk.call('requests.list', { on: 'nobody' })), 'noSuchDevice')
  await kiosk.call('devices.grant', { device: desk.name, right: RIGHT })
  await kiosk.end()
  t.equal(await failureOf(desk.call('requests.list', { on: kiosk.name })), 'unreachable')
})
