// Who may ask for what the vault holds: whoever can open the control socket. And what doctor says when others can read its files.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { METHOD_TABLE, type MethodRow } from '../../../src/contract/generated/client.ts'
import { checkVault } from '../../../src/daemon/vault/checks.ts'
import { temporaryFolder } from '../../harness/daemon.ts'
import { add, FakeKeychain, refusal, vaultIn, WORDS } from './safes.ts'

t.test('none of its methods is for anybody but the owner on the control socket', async (t) => {
  const rows: [string, MethodRow][] = Object.entries(METHOD_TABLE)
  const own = rows.filter(([name]) => /^(vault|secrets|configs)\./.test(name))
  t.ok(own.length >= 16)
  for (const [name, { askers, scope }] of own) t.same([askers, scope], [['owner'], undefined], name)
})

t.test('a key file that others can read is not used, and doctor says so', async (t) => {
  const folder = temporaryFolder(t)
  const paths = { vault: join(folder, 'vault.json'), vaultKey: join(folder, 'vault.key') }
  const first = vaultIn(folder)
  t.match(await checkVault(first.vault, paths, true), [{ level: 'ok', says: /nothing is kept yet/ }])
  await add(first.vault, 'a')
  t.match(await checkVault(first.vault, paths, true), [
    { level: 'ok', says: /^1 secret, 0 configurations; the key lies in a file beside the vault/ },
  ])
  chmodSync(paths.vaultKey, 0o640)
  const { vault } = vaultIn(folder)
  t.equal(await refusal(vault.read()), 'vaultUnreadable')
  t.match(await checkVault(vault, paths, false), [
    { level: 'broken', says: /vault\.key is readable by others \(0640\)/ },
  ])
  chmodSync(paths.vaultKey, 0o600)
  t.equal(await refusal(vault.read()), 'ok')
})

t.test('doctor: locked, unreadable, without its credential; by itself it asks no keychain', async (t) => {
  const folder = temporaryFolder(t)
  const paths = { vault: join(folder, 'vault.json'), vaultKey: join(folder, 'vault.key') }
  const keychain = new FakeKeychain('works')
  await add(vaultIn(folder, { keychain }).vault, 'a')
  keychain.mood = 'locked'
  const { vault } = vaultIn(folder, { keychain })
  t.match(await checkVault(vault, paths, false), [{ level: 'ok', says: /^the key is in your keychain/ }])
  t.match(await checkVault(vault, paths, true), [{ level: 'broken', says: 'the keychain is locked' }])
  keychain.mood = 'works'
  await vault.protect('passphrase', WORDS)
  await vault.lock()
  t.match(await checkVault(vault, paths, true), [
    { level: 'ok', says: /^locked; the key comes from your passphrase/ },
  ])
  await vault.unlock(WORDS)
  const credentials = temporaryFolder(t)
  writeFileSync(join(credentials, 'tallyd-vault-key'), Buffer.alloc(32, 1))
  const moved = vaultIn(folder, { credentials }).vault
  await moved.unlock(WORDS)
  await moved.protect('credential')
  t.match(await checkVault(vaultIn(folder).vault, paths, true), [
    { level: 'broken', says: /systemd gave this daemon no credential/, next: /docs\/vault\.md#systemd/ },
  ])
})
