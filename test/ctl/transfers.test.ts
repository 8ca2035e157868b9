// `secrets send`, `configs send` and `receive` between two real daemons, as scripts use them.
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import {
  contentsOf,
  EVERYTHING,
  MINIO,
  NOTHING,
  PHOTOS,
  senderAndReceiver,
} from '../daemon/vault/transfer/two-devices.ts'
import { until } from '../harness/daemon.ts'
import { type Device, pairByCode } from '../harness/devices.ts'
import { type Ran, type Running, started, tallyctl } from './client.ts'

t.setTimeout(240_000)

interface Sending {
  readonly running: Running
  /** The first line of `--json`. */
  readonly first: {
    readonly code: string
    readonly port: number
    readonly addresses: string[]
    readonly id: string
  }
}

/** Starts to send by code, and waits for the line with the code. */
async function sends(t: Test, sender: Device, words: readonly string[]): Promise<Sending> {
  const running = started(sender.home, [...words, '--code', '--json'])
  t.teardown(() => running.child.kill('SIGKILL'))
  await until(() => running.out().includes('\n'), `the code: ${running.err()}`)
  return { running, first: JSON.parse(running.out().split('\n')[0] ?? '') }
}

const CONFIG = ['configs', 'send', 'photos'] as const

async function receives(receiver: Device, sender: Device, code: string, ...words: string[]): Promise<Ran> {
  return tallyctl(receiver.home, ['receive', sender.address, '--code', code, ...words])
}

/** The outcome as the sender's second line has it. */
async function outcomeOf({ running }: Sending) {
  const { exit, out, err } = await running.ended
  if (exit !== EXIT.ok) throw new Error(`${exit}: ${err}`)
  const lines = out.trim().split('\n')
  if (lines.length !== 2) throw new Error(out)
  return JSON.parse(lines[1] ?? '').outcome
}

/** Takes away what is there. */
async function emptied(device: Device): Promise<void> {
  for (const { name } of (await device.call('configs.list')).configs)
    await device.call('configs.remove', { name })
  for (const { name } of (await device.call('secrets.list')).secrets)
    await device.call('secrets.remove', { name })
}

const NONE = { saved: [], reused: [], renamed: [], replaced: [], declined: [] }
const MINE = { ...MINIO, fields: { ...MINIO.fields, secretAccessKey: 'mine' } } as const

t.test('by code with --json: the code first, the outcome last', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const send = (...words: string[]) => sends(t, sender, words)

  await t.test('what is new is saved', async (t) => {
    const sending = await send('secrets', 'send', 'minio')
    t.match(sending.first, {
      code: /^\d{6}$/,
      port: sender.port,
      expiresAt: /^\d{4}-.*Z$/,
      addresses: [sender.address],
      id: /^[0-9a-f]{32}$/,
    })
    const received = await receives(receiver, sender, sending.first.code, '--json')
    t.equal(received.exit, EXIT.ok, received.err)
    const outcome = { ...NONE, saved: ['minio'] }
    t.same(JSON.parse(received.out), { outcome, unlinked: [] })
    t.equal(received.err, '')
    t.same(await outcomeOf(sending), outcome)
    t.same((await contentsOf(receiver)).secrets, { minio: MINIO })
    await emptied(receiver)
  })

  await t.test('without --json it is said in lines', async (t) => {
    const running = started(sender.home, [...CONFIG, '--code'])
    await until(() => /waiting/.test(running.err()), 'it waits')
    t.match(running.out(), /^code {3}\d{3} \d{3} {6}for 60 s, one use\n$/)
    t.match(running.err(), new RegExp(`on the other machine, run: .*tallyctl receive ${sender.address}`))
    const code = /\d{3} \d{3}/.exec(running.out())?.[0] ?? ''
    const received = await receives(receiver, sender, code)
    t.equal(received.out, 'saved     minio, photo-key, places, photos\n')
    const { exit, out, err } = await running.ended
    t.equal(exit, EXIT.ok)
    t.match(out, /\nsaved {5}minio, photo-key, places, photos\n$/)
    t.match(err, /device-1 \([0-9a-f]{8}, 127\.0\.0\.1, not paired\) has it, and looks at it/)
    t.same(await contentsOf(receiver), EVERYTHING)
    await emptied(receiver)
  })

  await t.test('--yes: the secret that is here is used, and a configuration stops it', async (t) => {
    await receiver.call('secrets.add', { name: 'minio', secret: MINE })
    const first = await send(...CONFIG)
    const received = await receives(receiver, sender, first.first.code, '--yes', '--json')
    t.equal(received.exit, EXIT.ok, received.err)
    t.same(await outcomeOf(first), { ...NONE, saved: ['photo-key', 'places', 'photos'], reused: ['minio'] })
    t.same((await contentsOf(receiver)).secrets['minio'], MINE)

    await receiver.call('secrets.remove', { name: 'places', force: true })
    const before = await contentsOf(receiver)
    const second = await send(...CONFIG)
    const stopped = await receives(receiver, sender, second.first.code, '--yes', '--json')
    t.equal(stopped.exit, EXIT.usage)
    t.match(
      stopped.err,
      /a name is taken here: photos; have it sent again, and say what is to be done: --resolve/,
    )
    t.same(await contentsOf(receiver), before, 'nothing is stored')
    const { exit, out, err } = await second.running.ended
    t.equal(exit, EXIT.failed)
    t.match(err, /the receiver broke it off/)
    t.equal(out.trim().split('\n').length, 1, 'no outcome is said')
    await emptied(receiver)
  })

  await t.test('--resolve decides about each', async (t) => {
    const films = { ...PHOTOS, name: 'films', links: { s3: 'minio' } } as const
    await receiver.call('secrets.add', { name: 'minio', secret: MINE })
    await receiver.call('configs.add', { config: films })
    const go = async (...wishes: string[]) => {
      const sending = await send(...CONFIG)
      const words = wishes.flatMap((wish) => ['--resolve', wish])
      const received = await receives(receiver, sender, sending.first.code, ...words, '--json')
      if (received.exit !== EXIT.ok)
        return `${(await sending.running.ended).exit} ${received.exit} ${received.err}`
      t.same(await outcomeOf(sending), JSON.parse(received.out).outcome)
      return JSON.parse(received.out)
    }
    t.match(await go(), /^1 2 .*minio/, 'undecided')
    t.match(await go('minio=rename:minio-2', 'places=skip'), {
      outcome: {
        saved: ['photo-key', 'photos'],
        renamed: [{ name: 'minio', as: 'minio-2' }],
        declined: ['places'],
      },
      unlinked: [{ config: 'photos', role: 'geocodingKey', secret: 'places' }],
    })
    t.match(await go('secret:minio=reuse', 'config:photos=replace'), {
      outcome: { saved: ['places'], reused: ['minio', 'photo-key'], replaced: ['photos'] },
    })
    t.match(await go('minio=replace', 'photos=skip'), {
      outcome: { replaced: ['minio'], declined: ['photos'] },
    })
    t.match(await go('nobody=skip'), /^1 2 .*--resolve names nobody, which did not come/)
    t.match(await go('secret:photos=skip'), /^1 2 .*--resolve names photos, which did not come/)
    await emptied(receiver)
  })

  await t.test('Ctrl-C before anybody came', async (t) => {
    const sending = await send(...CONFIG)
    sending.running.child.kill('SIGINT')
    const { exit, err } = await sending.running.ended
    t.equal(exit, EXIT.failed)
    t.match(err, /^taken back: nothing was saved there\n$/)
    const late = await receives(receiver, sender, sending.first.code)
    t.equal(late.exit, EXIT.refused)
    t.match(late.err, /sends nothing now, or its code is used up; ask its sender for a new code/)
    t.same(await contentsOf(receiver), NOTHING)
  })

  await t.test('three wrong codes, and it is over', async (t) => {
    const running = started(sender.home, [...CONFIG, '--code'])
    await until(() => /waiting/.test(running.err()), 'it waits')
    const wrong = running.out().includes('000 000') ? '000001' : '000000'
    for (const left of ['2 attempts', '1 attempt', '0 attempts']) {
      const tried = await receives(receiver, sender, wrong)
      t.equal(tried.exit, EXIT.refused)
      t.match(tried.err, /the code is not the one that is shown there/)
      await until(() => running.err().includes(`a wrong code came from 127.0.0.1; ${left} left`), left)
    }
    const { exit, err } = await running.ended
    t.equal(exit, EXIT.failed)
    t.match(err, /the code was tried too often; to send it again, run: .*tallyctl configs send/)
  })

  await t.test('only some of the secrets, and changed for there', async (t) => {
    const sending = await send(
      ...CONFIG,
      '--with',
      'minio',
      '--as',
      'pictures',
      '--path',
      '/mnt/p',
      '--description',
      'there',
    )
    await receives(receiver, sender, sending.first.code, '--json')
    t.same(await contentsOf(receiver), {
      secrets: { minio: MINIO },
      configs: [
        { ...PHOTOS, name: 'pictures', path: '/mnt/p', description: 'there', links: { s3: 'minio' } },
      ],
    })
    t.same((await outcomeOf(sending)).saved, ['minio', 'pictures'])
    await emptied(receiver)
    const bare = await send(...CONFIG, '--without-secrets')
    await receives(receiver, sender, bare.first.code, '--json')
    t.same(await contentsOf(receiver), { secrets: {}, configs: [{ ...PHOTOS, links: {} }] })
    await bare.running.ended
    t.same(await contentsOf(sender), EVERYTHING, 'here it is as it was')
  })
})

t.test('what is asked for wrongly is said, with the next step', async (t) => {
  const [sender] = await senderAndReceiver(t)
  for (const [words, exit, says] of [
    [['secrets', 'send', 'nobody', '--code'], EXIT.usage, /no such secret.*nobody|there is no .*nobody/],
    [['configs', 'send', 'nobody', '--code'], EXIT.usage, /nobody/],
    [['secrets', 'send', '--code'], EXIT.usage, /NAME is missing; run: .*tallyctl secrets send --help/],
    [['configs', 'send', '--code'], EXIT.usage, /NAME is missing; run: .*tallyctl configs send --help/],
    [
      ['secrets', 'send', 'minio'],
      EXIT.usage,
      /--to or --code is missing; run: .*tallyctl secrets send --help/,
    ],
    [['secrets', 'send', 'minio', '--to', 'x', '--code'], EXIT.usage, /--to and --code are two ways to send/],
    [['secrets', 'send', 'minio', '--to', 'nobody'], EXIT.usage, /nobody/],
    [['secrets', 'send', 'minio', '--code', '--for', '1s'], EXIT.usage, /--for takes 5s to 1h/],
    [
      ['configs', 'send', 'photos', '--code', '--with', 'other'],
      EXIT.usage,
      /photos does not refer to other; it refers to minio, photo-key, places/,
    ],
    [
      ['configs', 'send', 'photos', '--code', '--with', 'minio', '--without-secrets'],
      EXIT.usage,
      /--with and --without-secrets say different things/,
    ],
    [
      ['configs', 'send', 'photos', '--code', '--path', '/a/../b'],
      EXIT.usage,
      /\/path: it must not contain \.\./,
    ],
    [
      ['receive'],
      EXIT.usage,
      /no paired device wants to send anything.*; run: .*tallyctl receive HOST --code DIGITS/,
    ],
    [
      ['receive', 'localhost', '--code', '12'],
      EXIT.usage,
      /a code has six digits; the sender shows it: .*tallyctl secrets send --code/,
    ],
    [
      ['receive', 'localhost', '--code', '123456', '--resolve', 'a=b'],
      EXIT.usage,
      /--resolve is a=b; write NAME=reuse/,
    ],
    [['receive', 'nobody', '--code', '123456'], EXIT.failed, /there is no host nobody|nobody/],
  ] as const) {
    const ran = await tallyctl(sender.home, words, { timeoutMs: 20_000 })
    t.equal(ran.exit, exit, `${words.join(' ')}: ${ran.err}`)
    t.match(ran.err.replaceAll(/\s*\n\s*/g, ' '), says)
    t.equal(ran.out, '')
  }
  t.same((await sender.call('transfers.list')).transfers, [], 'nothing was offered')
})

t.test('to a paired device: its owner sees it among the requests, and says yes or no', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await pairByCode(receiver, sender)
  const waiting = () =>
    until(async () => (await receiver.call('requests.list')).requests.length === 1, 'it waits')
  const first = started(sender.home, [...CONFIG, '--to', 'device-1'])
  await waiting()
  t.match(first.err(), /on the other device, run: .*tallyctl receive\n/)
  t.equal(first.out(), '', 'no code')
  const listed = await tallyctl(receiver.home, ['requests'])
  t.match(listed.out, /device-0/)
  t.match(listed.out, /4 /)
  t.match(listed.err, /tallyctl receive/)
  const received = await tallyctl(receiver.home, ['receive', '--json'])
  t.equal(received.exit, EXIT.ok, received.err)
  t.equal((await first.ended).exit, EXIT.ok)
  t.same(await contentsOf(receiver), EVERYTHING)
  await emptied(receiver)

  const second = started(sender.home, [...CONFIG, '--to', 'device-1', '--json'])
  await waiting()
  const [request] = (await receiver.call('requests.list')).requests
  const denied = await tallyctl(receiver.home, ['deny', request!.id])
  t.match(denied.out, /denied: nothing of device-0 was saved/)
  const { exit, err } = await second.ended
  t.equal(exit, EXIT.failed)
  t.match(err, /the receiver said no/)
  t.same(await contentsOf(receiver), NOTHING)

  const third = started(sender.home, [...CONFIG, '--to', 'device-1'])
  await waiting()
  third.child.kill('SIGINT')
  t.equal((await third.ended).exit, EXIT.failed)
  await until(async () => (await receiver.call('requests.list')).requests.length === 0, 'it waits no more')
  const none = await tallyctl(receiver.home, ['receive'])
  t.equal(none.exit, EXIT.usage)
})
