// Whatever a paired device answers and calls itself: it is bounded, its last numbers stay, and the problem has a name.
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { ceremonyWith } from '../../harness/ceremony-client.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { inPlaceOf } from '../../harness/odd-peer.ts'
import { holdingsOf } from '../../harness/paired-client.ts'

async function paired(t: Test): Promise<[Device, Device]> {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  return [one, two]
}

t.test('whatever a paired device answers, its last numbers stay and the problem is named', async (t) => {
  const odd: Readonly<Record<string, { body?: string; status?: number; code: string }>> = {
    'a newer version': { body: '{"version":2,"news":[1,2,3]}', code: 'newerVersion' },
    'no JSON': { body: '{"version":1', code: 'badAnswer' },
    'another shape': { body: '{"version":1}', code: 'badAnswer' },
    'a failure': { status: 500, code: 'badAnswer' },
    'a redirection': { status: 302, code: 'badAnswer' },
    'no token of ours': { status: 401, code: 'halfPaired' },
  }
  await Promise.all(
    Object.entries(odd).map(async ([name, { body = '', status = 200, code }]) => {
      const [one, two] = await paired(t)
      const holdings = await holdingsOf(two, one)
      await two.end('SIGKILL')
      await inPlaceOf(t, two, holdings, (_request, response) => {
        response.writeHead(status, { location: 'https://127.0.0.1:1/' }).end(body)
      })
      await until(async () => (await one.row(two))?.problem?.code === code, `${name}: ${code}`)
      t.match(await one.row(two), { state: 'paired', freshness: 'cached', all: { calls: two.calls } }, name)
      await Promise.all([one.end('SIGKILL'), two.end('SIGKILL')])
    }),
  )
})

t.test('an endless answer and a slow drip from a paired device', async (t) => {
  const flood = async (answer: Parameters<typeof inPlaceOf>[3], says: RegExp) => {
    const [one, two] = await paired(t)
    const holdings = await holdingsOf(two, one)
    await two.end('SIGKILL')
    await inPlaceOf(t, two, holdings, answer)
    await until(async () => says.test((await one.row(two))?.problem?.says ?? ''), `${says}`)
    t.match(await one.row(two), { freshness: 'cached', all: { calls: two.calls } })
    t.type((await one.call('daemon.status')).version, 'string', 'it still answers its owner')
  }
  await Promise.all([
    flood((_request, response) => {
      response.writeHead(200)
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 0x20)));
      }
      response.on('drain', pour)
      pour()
    }, /more than \d+ bytes/),
    flood((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 100)
      response.on('close', () => clearInterval(drip))
    }, /too slowly/),
  ])
})

t.test('a flood of nudges makes few pulls, and ends', async (t) => {
  const [one, two] = await paired(t)
  const holdings = await holdingsOf(two, one)
  await two.end('SIGKILL')
  const peer = await inPlaceOf(t, two, holdings, (_request, response) => response.writeHead(204).end())
  await until(() => peer.live.size > 0, 'it is connected')
  const [socket] = peer.live
  let nudges = 0
  const flood = setInterval(() => {
    for (let n = 0; n < 20; n++) socket!.send(JSON.stringify({ cursor: `${'A'.repeat(22)}:${++nudges}` }))
  }, 10)
  await once(socket!, 'close')
  clearInterval(flood)
  t.ok(nudges > 40 && nudges < 2_000, `cut off after ${nudges} nudges`)
  t.ok(peer.asked() < 40, `${peer.asked()} pulls`)
})

t.test('a name with escape codes pairs nobody', async (t) => {
  const [one] = (await devices(t, 1)) as [Device]
  await one.call('pairing.invite')
  const { line } = await ceremonyWith(t, one.port)
  line.send({ type: 'start', version: 1, direction: 'mutual', name: '\u001b[2Jroot' })
  const event = await line.next(performance.now() + 5_000)
  t.notMatch(event, { message: { type: 'commitment' } })
})
