// Values go from one vault to another: afterwards they are nowhere else, and were in no argument, environment, log, event or answer on the way.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../../../src/contract/errors.ts'
import { started, tallyctl } from '../../../ctl/client.ts'
import { until } from '../../../harness/daemon.ts'
import { devices } from '../../../harness/devices.ts'
import { webSocket } from '../../../harness/web-socket.ts'
import { CANARY, contentsOf, EVERYTHING, fill, PEM } from './two-devices.ts'

t.setTimeout(120_000)

/** As they are, and as they would stand in base64, wherever they begin; of the key the second line of its PEM: the first begins as in every key. */
const FORMS = [CANARY, PEM.split('\n')[2]!.slice(0, 40)].flatMap((text) => [
  text,
  ...[0, 1, 2].map((shift) =>
    Buffer.from('.'.repeat(shift) + text)
      .toString('base64')
      .slice(4, -4),
  ),
])
const holds = (bytes: Buffer | string) => FORMS.filter((form) => bytes.includes(form))

function filesOf(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile())
}

/** Arguments and environments of every process; those that end meanwhile are left out. */
function processes(): Buffer[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['cmdline', 'environ'].flatMap((file) => {
        try {
          return [readFileSync(join('/proc', pid, file))]
        } catch {
          return []
        }
      }),
    )
}

const options = { skip: process.platform !== 'linux' && 'needs /proc' }

t.test('a canary is nowhere outside the two vaults', options, async (t) => {
  const both = await devices(t, 2, { env: { TALLYD_LOG: 'trace' } })
  const [sender, receiver] = [both[0]!, both[1]!]
  await fill(sender)
  const clients = await Promise.all(both.map(({ daemon }) => webSocket(t, daemon.socket)))
  for (const client of clients)
    for (const event of ['audit.added', 'transfers.changed', 'requests.changed', 'status.changed'])
      await client.ask('events.subscribe', { event })
  let looks = 0
  const timer = setInterval(() => {
    looks++
    for (const bytes of processes()) if (holds(bytes).length > 0) t.fail('a process has it in its words')
  }, 15)
  t.teardown(() => clearInterval(timer))
  const said: string[] = []
  for (const words of [[], ['--resolve', 'minio=replace', '--resolve', 'photos=skip']]) {
    const sending = started(sender.home, ['configs', 'send', 'photos', '--code', '--json'])
    await until(() => sending.out().includes('\n'), 'the code')
    const { code } = JSON.parse(sending.out().split('\n')[0]!)
    const at = ['receive', sender.address, '--code', code]
    const received = await tallyctl(receiver.home, [...at, ...words])
    t.equal(received.exit, EXIT.ok, received.err)
    const { out, err } = await sending.ended
    said.push(out, err, received.out, received.err)
  }
  const { offered, code } = await sender.call('transfers.send', { secrets: ['minio'], configs: [] })
  const preview = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  const taken = await receiver.call('transfers.cancel', { id: offered.id })
  clearInterval(timer)
  said.push(JSON.stringify([preview, taken]))
  for (const [at, device] of both.entries()) {
    for (const path of filesOf(device.home)) t.same(holds(readFileSync(path)), [], path)
    t.same(holds(device.daemon.log()), [], 'its log')
    const answers = await Promise.all([
      device.call('audit.list', {}),
      device.call('transfers.list'),
      device.call('requests.list'),
      device.call('secrets.list'),
      device.call('configs.list'),
      device.call('secrets.show', { name: 'minio' }),
      device.call('doctor.run'),
    ])
    t.same(holds(JSON.stringify(answers)), [], 'its answers')
    const { notifications } = clients[at]!
    t.ok(notifications.length > 3, `${notifications.length} events`)
    t.same(holds(JSON.stringify(notifications)), [], 'its events')
    t.same(await contentsOf(device), EVERYTHING, 'in the vault it is')
  }
  t.same(holds(said.join('')), [], 'what was printed')
  t.ok(looks > 20, `${looks} looks`)
  t.ok(holds(JSON.stringify(EVERYTHING)).length > 1, 'the test sees what it looks for')
})
