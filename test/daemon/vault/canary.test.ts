// A secret goes through everything that can be done with it: afterwards it is nowhere outside the vault, and was in no argument and no
// environment on the way.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CLIENT } from '../../ctl/client.ts'
import { daemon, endOf, isolatedEnv, temporaryFolder } from '../../harness/daemon.ts'
import { webSocket } from '../../harness/web-socket.ts'

t.setTimeout(180_000)

const CANARIES = ['canary-0b1c2d3e4f', 'canary-99aabbccdd', 'canary-passphrase-5566']
/** As they are, and as they would stand in base64, wherever they begin. */
const FORMS = CANARIES.flatMap((text) => [
  text,
  ...[0, 1, 2].map((shift) =>
    Buffer.from('.'.repeat(shift) + text)
      .toString('base64')
      .slice(4, -4),
  ),
])

const holds = (bytes: Buffer) => FORMS.filter((form) => bytes.includes(form))

function filesOf(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile())
}

/** Arguments and environment of every process, by its number; those that end meanwhile are left out. */
function processes(): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const file of ['cmdline', 'environ']) {
      try {
        found.set(`${pid}/${file}`, readFileSync(join('/proc', pid, file)))
      } catch {
        // Ended, or not ours.
      }
    }
  }
  return found
}

t.test(
  'a canary is nowhere outside the vault',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    const home = temporaryFolder(t)
    writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { mode: 'off' } }))
    let running = await daemon(t, { home, env: { TALLYD_LOG: 'trace' } })
    const client = await webSocket(t, running.socket)
    for (const event of ['audit.added', 'status.changed', 'requests.changed', 'glance.changed']) {
      await client.ask('events.subscribe', { event })
    }
    const logs: string[] = []
    let looks = 0
    const seen = new Set<string>()
    const look = () => {
      looks++
      for (const [place, bytes] of processes()) {
        if (bytes.includes('tallyctl') || bytes.includes('ctl/main') || bytes.includes('daemon/'))
          seen.add(place)
        t.same(holds(bytes), [], place)
      }
    }
    /** Looks while the client runs, and the keychain's process with it. */
    const tallyctl = async (words: readonly string[], input = '') => {
      const child = spawn(process.execPath, [CLIENT, ...words], { env: isolatedEnv(home), stdio: 'pipe' })
      const said = { out: '', err: '' }
      child.stdout.on('data', (text) => {
        said.out += String(text)
      })
      child.stderr.on('data', (text) => {
        said.err += String(text)
      })
      child.stdin.end(input)
      const timer = setInterval(look, 15)
      const { code } = await endOf(child)
      clearInterval(timer)
      t.equal(code, 0, `${words.slice(0, 2).join(' ')}: ${said.err}`)
      t.same(holds(Buffer.from(said.err)), [])
      return said.out
    }
    const nowhere = async () => {
      for (const path of filesOf(home)) t.same(holds(readFileSync(path)), [], path)
      const { entries } = await running.call('audit.list', {})
      t.same(holds(Buffer.from(JSON.stringify([entries, client.notifications]))), [])
      t.same(holds(Buffer.from(running.log())), [], 'the log')
    }
    const [first = '', second = '', passphrase = ''] = CANARIES

    const quiet = [
      await tallyctl(['secrets', 'add', 'maps', '--type', 'api-key'], `${first}\n`),
      await tallyctl(['secrets', '--json']),
      await tallyctl([
        'configs',
        'add',
        'photos',
        '--path',
        '/srv/photos',
        '--geocoding-key',
        'maps',
        '--json',
      ]),
      await tallyctl(['secrets', 'edit', 'maps', '--json'], second),
      await tallyctl(['secrets', 'rename', 'maps', 'places', '--json']),
    ]
    await nowhere()
    t.equal(await tallyctl(['secrets', 'show', 'places', '--reveal']), `${second}\n`, 'there it is')
    quiet.push(await tallyctl(['vault', 'protect', 'passphrase', '-', '--json'], passphrase))
    await nowhere()
    logs.push(running.log())
    await running.stop()
    running = await daemon(t, { home, env: { TALLYD_LOG: 'trace' } })
    quiet.push(await tallyctl(['vault', 'unlock', '-', '--json'], passphrase))
    quiet.push(await tallyctl(['doctor', '--json']))
    quiet.push(await tallyctl(['vault', 'protect', 'file', '--json']))
    quiet.push(await tallyctl(['secrets', 'remove', 'places', '--force', '--json']))
    await nowhere()
    t.same(holds(Buffer.from(quiet.join(''))), [], 'what was printed')
    t.same(holds(Buffer.from(logs.join(''))), [])
    t.ok(looks > 20 && seen.size > 4, `${looks} looks at ${seen.size} files of our processes`)
  },
)

t.test('the test sees what it looks for', async (t) => {
  const text = Buffer.from(`{"apiKey":"${CANARIES[0]}"}`)
  t.ok(holds(text).length > 0)
  for (const shift of ['', '.', '..'])
    t.ok(holds(Buffer.from(Buffer.from(shift + String(text)).toString('base64'))).length > 0)
})
