// Sending and receiving on a real terminal: what is shown, what can be changed, and that nothing but yes is a yes.
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import {
  contentsOf,
  EVERYTHING,
  MINIO,
  NOTHING,
  PHOTOS,
  senderAndReceiver,
  transferOf,
} from '../daemon/vault/transfer/two-devices.ts'
import { until } from '../harness/daemon.ts'
import { type Device, pairByCode } from '../harness/devices.ts'
import { CTRL_C, NO_TERMINAL, type OnTerminal, onTerminal } from './pty.ts'

t.setTimeout(240_000)

const options = { skip: NO_TERMINAL }
const SAVE = 'save it? [y/N, e to edit]'
const SEND = 'send it? [y/N, e to edit]'
const MINE = { ...MINIO, fields: { ...MINIO.fields, secretAccessKey: 'mine' } } as const

/** Answers questions in their order: each is awaited, then its keys are typed. */
async function answers(
  terminal: OnTerminal,
  ...pairs: readonly (readonly [string | RegExp, string])[]
): Promise<void> {
  for (const [question, keys] of pairs) {
    await terminal.says(question)
    terminal.type(keys)
  }
}

/** `photos` and its secrets by code; `receive` on a terminal stands before what came. */
async function looksAt(t: Test, sender: Device, receiver: Device) {
  const { code, offered } = await sender.call('transfers.send', {
    secrets: ['minio', 'photo-key', 'places'],
    configs: ['photos'],
  })
  const terminal = onTerminal(t, receiver.home, ['receive', sender.address])
  await answers(terminal, ['code: ', `${code}\r`])
  await terminal.says('device-0 (')
  t.notOk(terminal.seen().includes(code!), 'the code is not seen')
  const ended = () => transferOf(sender, offered.id)
  return { terminal, ended }
}

t.test('the sender sees what goes, edits it for there, and says yes', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const terminal = onTerminal(t, sender.home, ['configs', 'send'])
  await answers(terminal, ['send which: ', '1\r'], [SEND, 'e\r'])
  t.match(terminal.seen(), /1 {2}photos {3}\/srv\/photos/)
  t.match(terminal.seen(), /database +photos\r\n {2}description +all of them\r\n {2}path +\/srv\/photos\r\n/)
  t.match(terminal.seen(), /s3-credentials +minio\r\nencryption-key +photo-key\r\napi-key +places\r\n/)
  t.match(terminal.seen(), /whoever types the code will have the secrets themselves: once it is fetched/)
  await answers(
    terminal,
    ['name [photos]: ', 'pictures\r'],
    ['description [all of them, - for none]: ', '\r'],
    ['path [/srv/photos]: ', '/mnt/pictures\r'],
    ['send minio too? [Y/n]: ', '\r'],
    ['send photo-key too? [Y/n]: ', 'n\r'],
    ['send places too? [Y/n]: ', '\r'],
    [/path +\/mnt\/pictures\r\n[\s\S]*send it\?/, 'y\r'],
    ['waiting', ''],
  )
  const code = /code {3}(\d{3} \d{3})/.exec(terminal.seen())?.[1]?.replace(' ', '') ?? ''
  const { received } = await receiver.call('transfers.receive', { address: sender.address, code })
  await receiver.call('transfers.commit', { id: received!.id })
  t.equal(await terminal.ended, EXIT.ok)
  t.match(terminal.seen(), /saved {5}minio, places, pictures/)
  const { configs, secrets } = await contentsOf(receiver)
  t.same(Object.keys(secrets), ['minio', 'places'])
  t.match(configs, [
    { name: 'pictures', path: '/mnt/pictures', links: { s3: 'minio', geocodingKey: 'places' } },
  ])
  t.same(await contentsOf(sender), EVERYTHING)
})

t.test('secrets are picked by their numbers', options, async (t) => {
  const [sender] = await senderAndReceiver(t)
  const terminal = onTerminal(t, sender.home, ['secrets', 'send', '--code'])
  await answers(
    terminal,
    ['send which, with commas between: ', '1, 3\r'],
    ['send it? [y/N]: ', 'y\r'],
    ['waiting', CTRL_C],
  )
  t.equal(await terminal.ended, EXIT.failed)
  t.match((await sender.call('transfers.list')).transfers, [
    { items: 2, state: 'declined', why: 'cancelledBySender' },
  ])
  t.match(terminal.seen(), /taken back: nothing was saved there/)
})

for (const [keys, means] of [
  ['\r', 'Enter'],
  [CTRL_C, 'Ctrl-C'],
] as const) {
  t.test(`${means} at the sender’s question: nothing is sent`, options, async (t) => {
    const [sender] = await senderAndReceiver(t)
    const terminal = onTerminal(t, sender.home, ['configs', 'send', 'photos', '--code'])
    await answers(terminal, [SEND, keys])
    t.equal(await terminal.ended, EXIT.failed)
    t.match(terminal.seen(), /nothing was sent/)
    t.same((await sender.call('transfers.list')).transfers, [])
  })

  t.test(`${means} at the receiver’s question: nothing is saved, and both say so`, options, async (t) => {
    const [sender, receiver] = await senderAndReceiver(t)
    const { terminal, ended } = await looksAt(t, sender, receiver)
    await answers(terminal, [SAVE, keys])
    t.equal(await terminal.ended, EXIT.failed)
    t.match(terminal.seen(), /nothing was saved; device-0 is told/)
    await until(async () => (await ended())?.state === 'declined', 'the sender hears it')
    t.match(await ended(), { why: 'cancelledByReceiver' })
    t.same(await contentsOf(receiver), NOTHING)
  })
}

t.test('Ctrl-C at the code: nothing was asked for', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const terminal = onTerminal(t, receiver.home, ['receive', sender.address])
  await answers(terminal, ['code: ', CTRL_C])
  t.not(await terminal.ended, EXIT.ok)
  t.same((await receiver.call('transfers.list')).transfers, [])
})

t.test('what came is shown, and a taken name is asked about', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await receiver.call('secrets.add', { name: 'minio', secret: MINE })
  await receiver.call('configs.add', { config: { ...PHOTOS, name: 'films', links: { s3: 'minio' } } })
  const first = await looksAt(t, sender, receiver)
  const question = 'minio is taken: r reuse mine, p replace, n rename, s skip: '
  await answers(
    first.terminal,
    [question, 'what\r'],
    [/skip: \S*w[\s\S]*skip: /, 'n\r'],
    ['new name for minio: ', 'minio-2\r'],
    [SAVE, 'e\r'],
    ['name of the secret [minio-2]: ', '\r'],
    ['name of the secret [photo-key]: ', '\r'],
    ['name of the secret [places]: ', 'maps\r'],
    ['name of the config', '\r'],
    ['description [all of them, - for none]: ', '\r'],
    ['path [/srv/photos]: ', '/mnt/photos\r'],
    [/mnt[\s\S]*save it\?/, 'y\r'],
  )
  t.equal(await first.terminal.ended, EXIT.ok)
  const seen = first.terminal.seen()
  t.match(seen, /device-0 \([0-9a-f]{8}, 127\.0\.0\.1[^)]*, not paired\) sends:/)
  t.match(seen, /s3-credentials +minio +its name is taken here\r/)
  t.match(seen, /to replace it changes films/)
  t.match(seen, /api-key +places +new/)
  t.notOk(/canary|PRIVATE KEY/.test(seen), 'no value is shown')
  const there = await contentsOf(receiver)
  t.same(Object.keys(there.secrets), ['maps', 'minio', 'minio-2', 'photo-key'])
  t.match(there.configs[1], {
    name: 'photos',
    path: '/mnt/photos',
    links: { s3: 'minio-2', geocodingKey: 'maps' },
  })

  const second = await looksAt(t, sender, receiver)
  await answers(
    second.terminal,
    [/minio is taken[\s\S]*skip: /, 'p\r'],
    [/photos is taken: r keep mine[\s\S]*skip: /, 's\r'],
    [SAVE, 'y\r'],
  )
  t.equal(await second.terminal.ended, EXIT.ok)
  t.match(second.terminal.seen(), /saved +places\r\nreplaced +minio\r\nreused +photo-key\r\ndeclined +photos/)
  t.same((await contentsOf(receiver)).secrets['minio'], MINIO)
})

t.test('what cannot be saved so is asked about again', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await receiver.call('secrets.add', { name: 'minio', secret: MINE })
  const { terminal } = await looksAt(t, sender, receiver)
  const question = 'minio is taken: r reuse mine, p replace, n rename, s skip: '
  await answers(
    terminal,
    [question, 'n\r'],
    ['new name for minio: ', 'photo-key\r'],
    [SAVE, 'y\r'],
    [/already: photo-key[\s\S]*skip: /, 'n\r'],
    [/already: photo-key[\s\S]*new name for minio: /, 'min/io\r'],
    [/min\/io\r[\s\S]*save it\?[^:]*: /, 'y\r'],
    [/stand there[\s\S]*skip: /, 'n\r'],
    [/stand there[\s\S]*new name for minio: /, 'minio-2\r'],
    [/minio-2\r[\s\S]*save it\?[^:]*: /, 'y\r'],
  )
  t.equal(await terminal.ended, EXIT.ok)
  t.match(terminal.seen(), /there is a secret of that name already: photo-key/)
  t.match(terminal.seen(), /renamed +minio to minio-2/)
  t.same(Object.keys((await contentsOf(receiver)).secrets), ['minio', 'minio-2', 'photo-key', 'places'])
})

t.test('a question goes away when the sender takes it back', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { terminal, ended } = await looksAt(t, sender, receiver)
  await terminal.says(SAVE)
  await sender.call('transfers.cancel', { id: (await ended())!.id })
  t.equal(await terminal.ended, EXIT.failed, 'nobody had to press a key')
  t.match(terminal.seen(), /the sender took it back; nothing was\s+saved/)
  t.same(await contentsOf(receiver), NOTHING)
})

t.test('Ctrl-C of the sender while it is looked at ends both', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const here = onTerminal(t, sender.home, ['configs', 'send', 'photos', '--code', '--yes'])
  await here.says('waiting')
  const code = /code {3}(\d{3} \d{3})/.exec(here.seen())?.[1] ?? ''
  const there = onTerminal(t, receiver.home, ['receive', sender.address, '--code', code])
  await there.says(SAVE)
  await here.says('not paired) has it, and looks at it')
  here.type(CTRL_C)
  t.equal(await here.ended, EXIT.failed)
  t.match(here.seen(), /taken back: nothing was saved there/)
  t.equal(await there.ended, EXIT.failed)
  t.match(there.seen(), /the sender took it back/)
  t.same(await contentsOf(receiver), NOTHING)
})

t.test('to a paired device: picked from those that are paired', options, async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await pairByCode(receiver, sender)
  const here = onTerminal(t, sender.home, ['configs', 'send', 'photos'])
  await answers(here, ['send to [1-2]: ', '1\r'], [SEND, 'y\r'], ['waiting', ''])
  t.match(here.seen(), /1 {2}device-1\r\n2 {2}another machine, by a code/)
  t.match(here.seen(), /device-1 will have the secrets themselves/)
  await until(async () => (await receiver.call('requests.list')).requests.length === 1, 'it waits')
  const there = onTerminal(t, receiver.home, ['receive'])
  await answers(there, [/device-0 sends:/, ''], [SAVE, 'y\r'])
  t.equal(await there.ended, EXIT.ok)
  t.equal(await here.ended, EXIT.ok)
  t.same(await contentsOf(receiver), EVERYTHING)
})
