// The vault on a real file: what it keeps, where its key goes, and what it does when something is wrong with either.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { VAULT_KEYS, type VaultKey } from '../../../src/contract/vault-words.ts'
import { addSecret } from '../../../src/daemon/vault/items.ts'
import { temporaryFolder } from '../../harness/daemon.ts'
import { mounted } from '../../harness/disk.ts'
import { AT, add, apiKey, FakeKeychain, namesIn, refusal, vaultIn, WORDS } from './safes.ts'

const textOf = (folder: string, name = 'vault.json') => readFileSync(join(folder, name), 'utf8')

t.test('what is kept is there after a start, encrypted and readable by nobody else', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  t.match(await vault.status(), { state: 'empty', key: null, secrets: 0, problem: null })
  t.same(readdirSync(folder), [], 'asking makes nothing')
  await Promise.all(['a', 'b', 'c'].map((name) => add(vault, name)))
  t.same(await namesIn(vaultIn(folder).vault), ['a', 'b', 'c'])
  t.match(await vault.status(), { state: 'open', key: 'file', secrets: 3 })
  for (const name of readdirSync(folder)) {
    t.equal(lstatSync(join(folder, name)).mode & 0o777, 0o600, name)
    t.notOk(textOf(folder, name).includes('value of'), name)
    t.notOk(textOf(folder, name).includes(Buffer.from('value of').toString('base64')), name)
  }
})

t.test('a nonce is never used twice', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  const nonces = new Set<string>()
  for (let round = 0; round < 20; round++) {
    await add(vault, `s${round}`)
    nonces.add(JSON.parse(textOf(folder)).data.nonce)
  }
  t.equal(nonces.size, 20)
})

t.test('the header is authenticated: another one opens nothing', async (t) => {
  const folder = temporaryFolder(t)
  await add(vaultIn(folder).vault, 'a')
  const whole = JSON.parse(textOf(folder))
  whole.data.key = { ...whole.data.key, extra: 1 }
  writeFileSync(join(folder, 'vault.json'), JSON.stringify(whole))
  t.equal(await refusal(vaultIn(folder).vault.read()), 'vaultUnreadable')
})

t.test('a change that throws, or changes nothing, writes nothing', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await add(vault, 'a')
  const before = textOf(folder)
  t.equal(await refusal(add(vault, 'a')), 'secretExists')
  t.equal(await vault.change((contents) => ({ contents, result: 7 })), 7)
  t.equal(textOf(folder), before)
})

t.test('contents that could not be read again are refused before they are written', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await add(vault, 'a')
  const before = textOf(folder)
  const broken = vault.change((contents) => ({
    contents: addSecret(contents, '../b', apiKey('x'), AT),
    result: null,
  }))
  t.equal(await refusal(broken), 'internalError')
  t.equal(textOf(folder), before)
  t.same(await namesIn(vault), ['a'])
})

t.test('the first key goes to the best place there is', async (t) => {
  const credentials = temporaryFolder(t)
  writeFileSync(join(credentials, 'tallyd-vault-key'), Buffer.alloc(48, 7))
  for (const [wanted, key] of [
    [{ keychain: new FakeKeychain('works'), credentials }, 'keychain'],
    [{ credentials }, 'credential'],
    [{}, 'file'],
    [{ keychain: new FakeKeychain('works'), pinned: 'file' }, 'file'],
    [{ keychain: new FakeKeychain('works'), credentials, pinned: 'credential' }, 'credential'],
  ] as const) {
    const folder = temporaryFolder(t)
    const { vault } = vaultIn(folder, wanted)
    await add(vault, 'a')
    t.equal((await vault.status()).key, key)
    t.equal(existsSync(join(folder, 'vault.key')), key === 'file')
    t.same(await namesIn(vaultIn(folder, wanted).vault), ['a'], `${key} opens it again`)
  }
})

t.test('a keychain that is locked is not passed over for something weaker', async (t) => {
  const folder = temporaryFolder(t)
  const keychain = new FakeKeychain('locked')
  const { vault } = vaultIn(folder, { keychain })
  t.equal(await refusal(add(vault, 'a')), 'keychainLocked')
  t.same(readdirSync(folder), [])
  await vault.protect('file')
  await add(vault, 'a')
  t.same(await namesIn(vaultIn(folder, { keychain }).vault), ['a'], 'unless its owner says so')
})

t.test('what is pinned and not there fails, and is not passed over', async (t) => {
  for (const [pinned, word] of [
    ['keychain', 'keychainUnavailable'],
    ['credential', 'noCredential'],
    ['passphrase', 'vaultLocked'],
  ] as const) {
    const folder = temporaryFolder(t)
    t.equal(await refusal(add(vaultIn(folder, { pinned }).vault, 'a')), word)
    t.same(readdirSync(folder), [])
  }
  const { vault } = vaultIn(temporaryFolder(t), { pinned: 'passphrase' })
  t.equal(await refusal(vault.protect('file')), 'setByConfig')
  await vault.protect('passphrase', WORDS)
  t.equal(await refusal(add(vault, 'a')), 'ok')
})

t.test('the key moves from every place to every other one, and the old key is gone', async (t) => {
  const credentials = temporaryFolder(t)
  writeFileSync(join(credentials, 'tallyd-vault-key'), Buffer.alloc(32, 9))
  for (const from of VAULT_KEYS) {
    for (const to of VAULT_KEYS) {
      const folder = temporaryFolder(t)
      const keychain = new FakeKeychain('works')
      const wanted = { keychain, credentials }
      const words = (key: VaultKey) => (key === 'passphrase' ? WORDS : undefined)
      const { vault, left } = vaultIn(folder, wanted)
      await vault.protect(from, words(from))
      await add(vault, 'a')
      const before = textOf(folder)
      await vault.protect(to, words(to))
      t.same(left, [])
      t.equal(textOf(folder) === before, from === to && to !== 'passphrase', `${from} to ${to}`)
      t.equal(existsSync(join(folder, 'vault.key')), to === 'file')
      t.equal(keychain.entries.size, to === 'keychain' ? 1 : 0)
      const again = vaultIn(folder, wanted)
      if (to === 'passphrase') {
        t.equal(await refusal(again.vault.read()), 'vaultLocked')
        await again.vault.unlock(WORDS)
      }
      t.same(await namesIn(again.vault), ['a'], `${from} to ${to}`)
      writeFileSync(join(folder, 'vault.json'), 'garbage')
      const spoilt = vaultIn(folder, wanted)
      if (to === 'passphrase') await spoilt.vault.unlock(WORDS)
      if (from !== to)
        t.same(await namesIn(spoilt.vault), ['a'], 'the version before is under the new key too')
    }
  }
})

t.test('a passphrase: wrong ones open nothing, and after five there is a pause', async (t) => {
  const folder = temporaryFolder(t)
  const first = vaultIn(folder)
  await first.vault.protect('passphrase', WORDS)
  await add(first.vault, 'a')
  const { vault, clock, quarantines } = vaultIn(folder)
  const before = textOf(folder)
  t.match(await vault.status(), { state: 'locked', key: 'passphrase', secrets: null })
  t.equal(await refusal(add(vault, 'b')), 'vaultLocked')
  const guesses = await Promise.all(
    Array.from({ length: 6 }, (_, index) => refusal(vault.unlock(`a wrong one ${index}`))),
  )
  t.same(guesses, [...Array(5).fill('wrongPassphrase'), 'passphrasesPaused'], 'also all at once')
  t.equal(await refusal(vault.unlock(WORDS)), 'passphrasesPaused', 'nor the right one meanwhile')
  clock.ms += 60_000
  t.equal(await refusal(vault.unlock('still wrong words')), 'wrongPassphrase')
  await vault.unlock(WORDS)
  t.same(await namesIn(vault), ['a'])
  t.equal(textOf(folder), before, 'no guess changed anything')
  t.same(quarantines, [])
  await vault.lock()
  t.equal(await refusal(vault.read()), 'vaultLocked')
})

t.test('a guess costs a fair part of a second', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await vault.protect('passphrase', WORDS)
  const began = performance.now()
  t.equal(await refusal(vault.unlock('a wrong passphrase')), 'wrongPassphrase')
  const tookMs = performance.now() - began
  t.ok(tookMs > 50, `${Math.round(tookMs)} ms`)
})

t.test('a move that was interrupted is told of, and finished by the same words', async (t) => {
  const credentials = temporaryFolder(t)
  writeFileSync(join(credentials, 'tallyd-vault-key'), Buffer.alloc(32, 9))
  const folder = temporaryFolder(t)
  const keychain = new FakeKeychain('works')
  const wanted = { keychain, credentials }
  for (const [from, to] of [
    ['file', 'credential'],
    ['keychain', 'file'],
  ] as const) {
    const first = vaultIn(folder, wanted)
    await first.vault.protect(from, undefined)
    await add(first.vault, from)
    const old = textOf(folder)
    const files = existsSync(join(folder, 'vault.key')) ? [readFileSync(join(folder, 'vault.key'))] : []
    const entries = [...keychain.entries]
    await first.vault.protect(to, undefined)
    // As a kill after the first write of the move leaves it: the version before, and the key of it.
    writeFileSync(join(folder, 'vault.previous.json'), old)
    if (from === 'file') writeFileSync(join(folder, 'vault.key'), files[0]!, { mode: 0o600 })
    for (const [id, key] of entries) keychain.entries.set(id, key)
    const { vault, left } = vaultIn(folder, wanted)
    t.same(await namesIn(vault), from === 'file' ? ['file'] : ['file', 'keychain'])
    t.same(left, [from], 'doctor hears where the old key still is')
    await vault.protect(to, undefined)
    t.equal(existsSync(join(folder, 'vault.key')), to === 'file')
    t.equal(keychain.entries.size, 0)
    t.not(textOf(folder, 'vault.previous.json'), old)
    const again = vaultIn(folder, wanted)
    await again.vault.read()
    t.same(again.left, [])
  }
})

t.test('the old passphrase opens nothing any more, not even the version before', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await vault.protect('passphrase', WORDS)
  await add(vault, 'a')
  await vault.protect('passphrase', `${WORDS} again`)
  t.equal(await refusal(vaultIn(folder).vault.unlock(WORDS)), 'wrongPassphrase')
  writeFileSync(join(folder, 'vault.json'), '')
  t.equal(await refusal(vaultIn(folder).vault.unlock(WORDS)), 'wrongPassphrase')
  t.equal(await refusal(vaultIn(folder).vault.unlock(`${WORDS} again`)), 'ok')
})

t.test('only a passphrase locks', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  t.equal(await refusal(vault.lock()), 'noPassphrase')
  await add(vault, 'a')
  t.equal(await refusal(vault.lock()), 'noPassphrase')
  t.equal(await refusal(vault.unlock(WORDS)), 'noPassphrase')
})

t.test('garbage is put aside and the version before is used', async (t) => {
  const spoils: readonly [string, (whole: string) => string][] = [
    ['half of it', (whole) => whole.slice(0, 100)],
    ['nothing', () => ''],
    [
      'another byte of the ciphertext',
      (whole) => respelt(whole, (data) => ({ ...data, ciphertext: flipped(data.ciphertext) })),
    ],
    ['another nonce', (whole) => respelt(whole, (data) => ({ ...data, nonce: flipped(data.nonce) }))],
    [
      'another check',
      (whole) => respelt(whole, (data) => ({ ...data, key: { ...data.key, check: '0'.repeat(64) } })),
    ],
    ['no ciphertext to speak of', (whole) => respelt(whole, (data) => ({ ...data, ciphertext: 'AAAA' }))],
  ]
  for (const [what, spoil] of spoils) {
    const folder = temporaryFolder(t)
    const keychain = new FakeKeychain('works')
    const first = vaultIn(folder, { keychain })
    await add(first.vault, 'a')
    await add(first.vault, 'b')
    const spoilt = spoil(textOf(folder))
    writeFileSync(join(folder, 'vault.json'), spoilt)
    const { vault, quarantines } = vaultIn(folder, { keychain })
    t.same(await namesIn(vault), ['a'], what)
    t.match(quarantines, [{ previousUsed: true }])
    t.equal(readFileSync(quarantines[0]!.broken!, 'utf8'), spoilt, 'nothing is lost')
    await add(vault, 'c')
    t.same(await namesIn(vaultIn(folder, { keychain }).vault), ['a', 'c'], 'and it goes on')
  }
})

t.test('a wrong key puts nothing aside and writes nothing', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await add(vault, 'a')
  await add(vault, 'b')
  const key = textOf(folder, 'vault.key')
  const before = readdirSync(folder).map((name) => [name, textOf(folder, name)])
  const other = JSON.stringify({ schema: 1, key: Buffer.alloc(32, 1).toString('base64') })
  for (const wrong of [other, 'garbage', '', JSON.stringify({ schema: 1, key: 'short' })]) {
    writeFileSync(join(folder, 'vault.key'), wrong)
    const again = vaultIn(folder)
    for (const act of [again.vault.read(), add(again.vault, 'c'), again.vault.protect('passphrase', WORDS)]) {
      t.equal(await refusal(act), 'vaultUnreadable')
    }
    t.match(await again.vault.status(), { state: 'unreadable', key: 'file' })
    t.same(again.quarantines, [])
    writeFileSync(join(folder, 'vault.key'), key)
    t.same(
      readdirSync(folder).map((name) => [name, textOf(folder, name)]),
      before,
    )
  }
  t.same(await namesIn(vaultIn(folder).vault), ['a', 'b'], 'with the right key it is as it was')
})

t.test('both versions damaged: it is said, and nothing is written', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await add(vault, 'a')
  await add(vault, 'b')
  for (const name of ['vault.json', 'vault.previous.json']) {
    const spoilt = respelt(textOf(folder, name), (data) => ({
      ...data,
      ciphertext: flipped(data.ciphertext),
    }))
    writeFileSync(join(folder, name), spoilt)
  }
  const before = readdirSync(folder).map((name) => [name, textOf(folder, name)])
  const again = vaultIn(folder)
  t.equal(await refusal(again.vault.read()), 'vaultUnreadable')
  t.equal(await refusal(add(again.vault, 'c')), 'vaultUnreadable')
  t.same(
    readdirSync(folder).map((name) => [name, textOf(folder, name)]),
    before,
  )
})

t.test('a key file that was there before is used, not replaced', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await add(vault, 'a')
  const [key, whole] = [textOf(folder, 'vault.key'), textOf(folder)]
  writeFileSync(join(folder, 'vault.json'), 'garbage')
  await add(vaultIn(folder).vault, 'b')
  t.equal(textOf(folder, 'vault.key'), key)
  writeFileSync(join(folder, 'vault.json'), whole)
  t.same(await namesIn(vaultIn(folder).vault), ['a'], 'what was put aside can be put back')
})

t.test('a header that asks for another amount of work is not taken', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await vault.protect('passphrase', WORDS)
  const costly = respelt(textOf(folder), (data) => ({ ...data, key: { ...data.key, N: 2 ** 30 } }))
  writeFileSync(join(folder, 'vault.json'), costly)
  const { quarantines, vault: again } = vaultIn(folder)
  t.equal(await refusal(again.unlock(WORDS)), 'noPassphrase')
  t.equal(quarantines.length, 1)
})

t.test('a credential that is gone, short or another one changes nothing', async (t) => {
  const [folder, credentials] = [temporaryFolder(t), temporaryFolder(t)]
  const path = join(credentials, 'tallyd-vault-key')
  writeFileSync(path, Buffer.alloc(32, 1))
  await add(vaultIn(folder, { credentials }).vault, 'a')
  const before = textOf(folder)
  t.equal(await refusal(vaultIn(folder).vault.read()), 'noCredential')
  for (const [bytes, word] of [
    [Buffer.alloc(31, 1), 'noCredential'],
    [Buffer.alloc(32, 2), 'vaultUnreadable'],
  ] as const) {
    writeFileSync(path, bytes)
    t.equal(await refusal(add(vaultIn(folder, { credentials }).vault, 'b')), word)
  }
  t.equal(textOf(folder), before)
})

t.test(
  'a full disk: nothing is half there, memory is as before, and it goes on when there is room',
  async (t) => {
    const folder = mounted(t, 'size=64k,mode=700')
    if (folder === undefined) {
      t.pass('not run', { skip: 'a real full disk needs root and mount' })
      return
    }
    const { vault } = vaultIn(folder)
    await add(vault, 'a')
    writeFileSync(join(folder, 'filler'), Buffer.alloc(48_000))
    const large = vault.change((before) => ({
      contents: addSecret(before, 'b', apiKey('x'.repeat(16_000)), AT),
      result: null,
    }))
    t.equal(await refusal(large), 'stateUnwritable')
    t.same(await namesIn(vault), ['a'])
    t.equal(await refusal(vault.protect('passphrase', WORDS)), 'ok', 'what fits still does')
    t.same(await namesIn(vault), ['a'])
    mkdirSync(join(folder, 'more'))
    writeFileSync(join(folder, 'filler'), '')
    await add(vault, 'c')
    const again = vaultIn(folder).vault
    await again.unlock(WORDS)
    t.same(await namesIn(again), ['a', 'c'])
  },
)

interface Spelling {
  readonly key: Record<string, unknown>
  readonly nonce: string
  readonly ciphertext: string
}

function respelt(whole: string, change: (data: Spelling) => unknown): string {
  const { schema, data } = JSON.parse(whole) as { schema: number; data: Spelling }
  return JSON.stringify({ schema, data: change(data) })
}

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[3]! ^= 1
  return bytes.toString('base64')
}

t.test('what a killed process left of the key goes with it', async (t) => {
  const folder = temporaryFolder(t)
  const { vault } = vaultIn(folder)
  await vault.protect('file')
  const left = () => readdirSync(folder).filter((name) => name.startsWith('vault.key'))
  writeFileSync(join(folder, 'vault.key.new-0a1b2c'), textOf(folder, 'vault.key'), { mode: 0o600 })
  await vault.protect('passphrase', WORDS)
  t.same(left(), [])
})
