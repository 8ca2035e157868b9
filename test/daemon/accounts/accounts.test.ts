// Whose account it is: read only where the config says so, and only what is named of the files.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Accounts } from '../../../src/daemon/accounts/accounts.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'

const idToken = (claims: object) =>
  ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'sig'].join('.')

function home(t: Teardown) {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, '.codex'))
  const claims = {
    email: 'ann@firm.example',
    'https://api.openai.com/auth': { chatgpt_plan_type: 'pro', chatgpt_account_id: 'acct-1' },
  }
  writeFileSync(
    join(folder, '.codex', 'auth.json'),
    JSON.stringify({
      OPENAI_API_KEY: 'sk-secret',
      tokens: { id_token: idToken(claims), access_token: 'secret' },
    }),
  )
  writeFileSync(
    join(folder, '.claude.json'),
    JSON.stringify({
      oauthAccount: {
        emailAddress: 'ann@gmail.com',
        organizationType: 'claude_max',
        organizationName: "Ann's firm",
        accountUuid: 'uuid-1',
      },
      projects: { '/home/ann/secret': {} },
    }),
  )
  return folder
}

async function accountsOf(folder: string, isRead: boolean, env: Record<string, string> = {}) {
  const held = { now: 0, changes: 0 }
  const surroundings = { env, home: folder, platform: 'linux' }
  const accounts = new Accounts({
    surroundings,
    isRead,
    now: () => held.now,
    onChanged: () => held.changes++,
  })
  await accounts.look()
  return { accounts, held }
}

t.test('without identity.read no file is opened', async (t) => {
  const folder = home(t)
  // Who reads these waits for ever.
  for (const path of [join(folder, '.codex', 'auth.json'), join(folder, '.claude.json')]) {
    rmSync(path)
    execFileSync('mkfifo', [path])
  }
  const { accounts } = await accountsOf(folder, false)
  t.equal(accounts.of('codex'), null)
  t.equal(accounts.of('claude-code'), null)
})

t.test('mail address, plan and a hash of the id, and nothing else', async (t) => {
  const { accounts } = await accountsOf(home(t), true)
  t.match(accounts.of('codex'), { email: 'ann@firm.example', plan: 'pro', key: /^[0-9a-f]{32}$/ })
  t.match(accounts.of('claude-code'), { email: 'ann@gmail.com', plan: 'max', key: /^[0-9a-f]{32}$/ })
  t.not(accounts.of('codex')?.key, accounts.of('claude-code')?.key)
  t.equal(accounts.of('gemini-cli'), null)
  t.notMatch(JSON.stringify([accounts.of('codex'), accounts.of('claude-code')]), /secret|firm's|acct|uuid/)
})

t.test('files that are not there, or not what they should be, tell of nobody', async (t) => {
  const bad = [
    '',
    'null',
    '[]',
    '{"tokens":{"id_token":5}}',
    '{"tokens":{"id_token":"a.b.c"}}',
    '{"oauthAccount":{"emailAddress":{}}}',
  ]
  for (const content of bad) {
    const folder = home(t)
    writeFileSync(join(folder, '.codex', 'auth.json'), content)
    writeFileSync(join(folder, '.claude.json'), content)
    const { accounts } = await accountsOf(folder, true)
    t.strictSame([accounts.of('codex'), accounts.of('claude-code')], [null, null], content)
  }
  const empty = temporaryFolder(t)
  t.equal((await accountsOf(empty, true)).accounts.of('codex'), null)
})

t.test('what stands in a name is one line', async (t) => {
  const folder = home(t)
  writeFileSync(
    join(folder, '.claude.json'),
    JSON.stringify({
      oauthAccount: { emailAddress: 'a\u001b[31m@b\n.c', organizationType: 'x'.repeat(300) },
    }),
  )
  const { accounts } = await accountsOf(folder, true)
  t.strictSame(accounts.of('claude-code'), { email: 'a[31m@b.c', plan: null, key: null })
})

t.test('another account is noticed, within a minute', async (t) => {
  const folder = home(t)
  const { accounts, held } = await accountsOf(folder, true)
  t.equal(held.changes, 1)
  const path = join(folder, '.claude.json')
  writeFileSync(path, JSON.stringify({ oauthAccount: { emailAddress: 'bob@gmail.com' } }))
  utimesSync(path, 5, 5)
  accounts.of('claude-code')
  t.equal(accounts.of('claude-code')?.email, 'ann@gmail.com')
  held.now = 60_000
  accounts.of('claude-code')
  await accounts.look()
  t.equal(accounts.of('claude-code')?.email, 'bob@gmail.com')
  rmSync(path)
  await accounts.look()
  t.equal(accounts.of('claude-code'), null, 'who signed out is not shown any more')
})

t.test('the agents may be told to live elsewhere', async (t) => {
  const folder = home(t)
  const { accounts } = await accountsOf('/nonexistent', true, {
    CODEX_HOME: join(folder, '.codex'),
    CLAUDE_CONFIG_DIR: `${folder},/other`,
  })
  t.equal(accounts.of('codex')?.plan, 'pro')
  t.equal(accounts.of('claude-code')?.plan, 'max')
})
