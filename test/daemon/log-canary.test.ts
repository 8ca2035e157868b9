// A run in which everything private passes, at the level that says the most: none of it is in the log, of either side.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { post, until } from '../harness/daemon.ts'
import { type Device, joinByCode } from '../harness/devices.ts'
import { membersOf } from '../harness/paired-client.ts'
import { approve, claimed, deskAndLaptop, wanted } from './logins/two.ts'

t.setTimeout(180_000)

const EMAIL = 'ann.canary@firm.example'
const SECRET = 'canary-0b1c2d3e4f-secret'
/** What agents write is private too. */
const PROMPT = 'canary-prompt-77aa'
const PROJECT = 'canary-project-55cc'

/** One request of the web listener; resolves to its body. */
function asked(url: string, path: string, headers: Record<string, string>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method: 'POST', headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.once('end', () => resolve(text))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

function writeAccounts({ home }: Device): void {
  mkdirSync(join(home, '.codex'), { recursive: true })
  const account = { oauthAccount: { emailAddress: EMAIL, organizationType: 'claude_max', accountUuid: 'u' } }
  writeFileSync(join(home, '.claude.json'), JSON.stringify(account))
  // Not JSON: what a parser says of it holds a piece of it.
  writeFileSync(join(home, '.codex', 'auth.json'), `{"OPENAI_API_KEY": ${SECRET} ${EMAIL}`)
  const folder = join(home, '.claude', 'projects', PROJECT)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'broken.jsonl'), `{"type":"assistant","message":{"usage":${PROMPT}\n`)
}

t.test('nothing private is in the log', async (t) => {
  const both = await deskAndLaptop(t, { TALLYD_LOG: 'trace' })
  const { desk, laptop, url } = both
  const logs: string[] = []
  const hidden = new Map<string, string>([
    ['an e-mail', EMAIL],
    ['a secret', SECRET],
    ['what an agent wrote', PROMPT],
    ["a project's name", PROJECT],
  ])
  const hide = (what: string, text: unknown) => {
    t.ok(typeof text === 'string' && text.length >= 6, `${what} was had`)
    hidden.set(what, text as string)
  }
  for (const device of [desk, laptop]) {
    writeAccounts(device)
    await device.call('usage.rescan')
  }

  const { invited } = await desk.call('pairing.invite')
  hide('the code of an invitation', invited.code)
  await laptop.call('pairing.join', { address: desk.address, code: '000000' }).catch(() => undefined)
  await desk.call('pairing.cancel').catch(() => undefined)
  await joinByCode(laptop, desk)
  for (const device of [desk, laptop]) {
    for (const { name, token } of membersOf(device)) hide(`the token of ${name}`, token)
  }

  const { token } = await desk.call('tokens.create', { member: 'ann', scopes: ['usage:read'] })
  hide('a token', token.secret)
  const json = { 'content-type': 'application/json' }
  const whoami = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'access.whoami' })
  t.match(await asked(url, '/rpc', { ...json, authorization: `Bearer ${token.secret}` }, whoami), 'ann')
  // As it is not meant to be sent.
  for (const [path, body] of [
    ['/rpc', `{"authorization": ${token.secret}`],
    [`/rpc?token=${token.secret}`, whoami],
    ['/oauth/token', `grant_type=x&device_code=${token.secret}`],
    ['/launch', JSON.stringify({ launch: token.secret })],
  ] as const)
    await asked(
      url,
      path,
      { ...json, authorization: `Basic ${token.secret}`, cookie: `t=${token.secret}` },
      body,
    )
  await post(desk.daemon.socket, `{"jsonrpc":"2.0","id":1,"method":"${token.secret}`)
  await post(
    desk.daemon.socket,
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: token.secret, params: { [SECRET]: 1 } }),
  )

  const begun = JSON.parse(
    await asked(
      url,
      '/oauth/device_authorization',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'client_id=tallyctl&scope=usage:read',
    ),
  )
  hide('a user code', begun.user_code)
  hide('a device code', begun.device_code)
  const launched = await desk.call('web.launch')
  hide('a launch', new URL(launched.launched.url).hash.split('=')[1])

  await laptop.call('logins.begin', await wanted(both))
  await approve(both, { newMember: 'ben' })
  await claimed(both)

  const secret = { type: 'api-key', fields: { apiKey: SECRET } } as const
  await desk.call('secrets.add', { name: 'maps', secret })
  await desk.call('secrets.add', { name: 'maps', secret }).catch(() => undefined)
  await desk
    .call('secrets.add', { name: 'maps', secret: { ...secret, fields: { [SECRET]: SECRET } } } as never)
    .catch(() => undefined)
  const { code, offered } = await desk.call('transfers.send', { secrets: ['maps'], configs: [] })
  hide('the code of a transfer', code)
  await laptop.call('transfers.receive', { address: desk.address, code: code! })
  await laptop.call('transfers.commit', { id: offered.id })
  t.equal((await laptop.call('secrets.list')).secrets.length, 1)

  // Where writing fails, errors are logged: they carry what was to be written, if anything does.
  for (const device of [desk, laptop]) {
    for (const name of [
      'audit.jsonl',
      'tokens.json.new',
      'vault.json.new',
      'devices.json.new',
      'quotas.json.new',
    ]) {
      rmSync(join(device.home, name), { force: true, recursive: true })
      mkdirSync(join(device.home, name, 'in the way'), { recursive: true })
    }
    await device
      .call('secrets.edit', { name: 'maps', fields: { apiKey: `${SECRET}2` } })
      .catch(() => undefined)
    await device.call('members.add', { name: EMAIL }).catch(() => undefined)
    process.kill(device.daemon.pid, 'SIGHUP')
    await device.call('doctor.run')
  }
  await until(() => /was read again/.test(desk.daemon.log()), 'the log says something')
  for (const device of [desk, laptop]) {
    await device.end()
    logs.push(device.daemon.log())
  }
  for (const [what, text] of hidden) t.notOk(logs.join('').includes(text), what)
  t.comment(`${logs.join('').split('\n').length} lines`)
})
