// A full run of making, rotating and revoking with the bundled client: no secret is in any file of the home, in a log, or in what
// anybody on the machine can read of a process.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Minted } from '../../../src/contract/tokens.ts'
import { BUNDLE, started } from '../../ctl/client.ts'
import { daemon, temporaryFolder } from '../../harness/daemon.ts'

/** Every file below a folder, and what is in it. */
function* filesBelow(folder: string): Generator<readonly [string, Buffer]> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    // One that is being replaced may be gone by now.
    if (entry.isFile() && existsSync(path)) yield [path, readFileSync(path)]
  }
}

/** What is seen of a process from outside; empty once it is gone. */
function seenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

t.test('no secret is where it could be read later', async (t) => {
  const home = temporaryFolder(t)
  const running = await daemon(t, { home, env: { TALLYD_LOG: 'debug' } })
  const seen: string[] = []
  const isLinux = process.platform === 'linux'
  const run = async (...words: string[]): Promise<string> => {
    const { child, ended } = started(home, words, { program: BUNDLE })
    child.stdin?.end()
    const watching = setInterval(() => seen.push(seenOf(child.pid!)), 5)
    if (isLinux) seen.push(seenOf(child.pid!))
    const { out, err, exit } = await ended
    clearInterval(watching)
    t.equal(exit, 0, err)
    return out
  }
  const secretOf = (text: string) => (JSON.parse(text) as { token: Minted }).token.secret
  const create = ['tokens', 'create', '--member', 'ann', '--scope', 'usage:read', '--scope', 'metrics:read']
  const secrets = [
    secretOf(await run(...create, '--json')),
    (await run(...create, '--label', 'desk', '--expires', '30d')).trim(),
    (await run('tokens', 'rotate', 'ann')).trim(),
    secretOf(await run('tokens', 'create', '--member', 'ben', '--scope', 'admin', '--json')),
    secretOf(await run('tokens', 'rotate', 'ben', '--json')),
  ]
  for (const secret of secrets) t.match(secret, /^tallyd_[A-Za-z0-9_-]{43}$/)
  t.equal(new Set(secrets).size, 5)
  const { tokens } = await running.call('tokens.list')
  const shown = [
    await run('tokens'),
    await run('tokens', '--json'),
    await run('members', '--json'),
    await run('audit'),
  ]
  const whileValid = [...filesBelow(home)]
  await run('tokens', 'revoke', tokens[0]!.id)
  await run('members', 'remove', 'ben', '--force')
  shown.push(await run('audit', '--json'), await run('doctor', '--json'))
  seen.push(seenOf(running.pid))
  t.equal((await running.stop()).code, 0)

  const files = [...filesBelow(home)]
  const names = files.map(([path]) => path.slice(home.length + 1))
  for (const name of ['tokens.json', 'tokens.previous.json', 'audit.jsonl']) t.ok(names.includes(name), name)
  if (isLinux)
    t.ok(
      seen.some((text) => text.includes('create')),
      'the command lines were seen',
    )
  const places: (readonly [string, Buffer | string])[] = [
    ...whileValid,
    ...files,
    ['log', running.log()],
    ['shown', shown.join()],
    ['seen', seen.join()],
  ]
  for (const secret of secrets) {
    const random = secret.slice('tallyd_'.length)
    const bytes = Buffer.from(random, 'base64url')
    // Also not as bytes, or in another writing.
    const writings = [random, bytes.toString('hex'), bytes.toString('base64')]
    for (const [place, content] of places) {
      const isThere = Buffer.isBuffer(content) && content.includes(bytes)
      t.notOk(isThere || writings.some((each) => content.includes(each)), place)
    }
  }
})
