// The config file: what fits is used, what does not is left out and told with key, value and nearest known key.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Config } from '../../src/contract/config.ts'
import { readSettings } from '../../src/daemon/settings.ts'
import { daemon, temporaryFolder, until } from '../harness/daemon.ts'

const folder = temporaryFolder(t)
const path = join(folder, 'config.json')

async function read(content: unknown) {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  const { config, mistakes } = await readSettings(path)
  return { config, says: mistakes.map((mistake) => mistake.says.replace(`${path}: `, '')) }
}

t.test('what fits is used', async (t) => {
  t.same(await readSettings(join(folder, 'none.json')), { config: {}, mistakes: [] }, 'no file is fine')
  const whole = {
    device: { name: 'desk' },
    sources: { 'claude-code': { roots: ['/a'] }, codex: { roots: { replace: ['/b'] } } },
    prices: { 'local-qwen': { input: 0, output: 0.5 } },
  }
  t.same(await read(whole), { config: whole, says: [] })
  t.same(await read(`\uFEFF${JSON.stringify(whole)}`), { config: whole, says: [] }, 'with a byte order mark')
})

t.test('how often displays ask: between 5 s and a day, or as if it were not said', async (t) => {
  const wanted = async (refreshIntervalSeconds: unknown) =>
    (await read({ displays: { refreshIntervalSeconds } })).config
  for (const good of [5, 60, 86_400])
    t.same(await wanted(good), { displays: { refreshIntervalSeconds: good } })
  for (const bad of [-60, 0, 4, 86_401, 1e300, 60.5, '60', null, [60], true]) {
    t.same(await wanted(bad), { displays: {} }, JSON.stringify(bad))
  }
  const none = await read('{"displays": {"refreshIntervalSeconds": NaN}}')
  t.match(none, { config: {}, says: [/is not JSON/] })
})

t.test('what does not fit is left out, the smallest part', async (t) => {
  t.same(await read({ sorces: {}, device: { name: 'desk' } }), {
    config: { device: { name: 'desk' } },
    says: ['sorces: unknown key "sorces", did you mean "sources"?; it is left out'],
  })
  t.same(await read({ sources: { claude: {}, codex: { roots: ['/b'] } } }), {
    config: { sources: { codex: { roots: ['/b'] } } },
    says: ['sources.claude: unknown key "claude"; known: claude-code, codex; it is left out'],
  })
  t.same(await read({ sources: { codex: { roots: ['/a', 5, '/b'] } } }), {
    config: { sources: { codex: { roots: ['/a', '/b'] } } },
    says: ['sources.codex.roots[1]: must be string, but is 5; it is left out'],
  })
  t.same(await read({ sources: { codex: { roots: '/a' } } }), {
    config: { sources: { codex: {} } },
    says: ['sources.codex.roots: must be array or object, but is "/a"; it is left out'],
  })
  t.same(await read({ prices: { a: { input: 1 }, b: { input: 1, output: 2 } } }), {
    config: { prices: { b: { input: 1, output: 2 } } },
    says: ['prices.a: "output" is missing; it is left out'],
  })
  t.same(await read({ prices: { 'a/b~c': { input: -1, output: 1 } } }), {
    config: { prices: {} },
    says: ['prices.a/b~c.input: must be >= 0, but is -1; prices.a/b~c is left out'],
  })
  const known = Object.keys(Config.properties).join(', ')
  t.same(await read({ device: { name: '' }, x: 1, y: 2 }), {
    config: { device: {} },
    says: [
      `x: unknown key "x"; known: ${known}; it is left out`,
      `y: unknown key "y"; known: ${known}; it is left out`,
      'device.name: must NOT have fewer than 1 characters, but is ""; it is left out',
    ],
  })
  const poisoned = await read('{"__proto__":{"device":{"name":"x"}},"device":{"name":"y"}}')
  t.same(poisoned.config, { device: { name: 'y' } })
  t.match(poisoned.says, [/unknown key "__proto__"/])
})

t.test('one mistake is one complaint, two are two', async (t) => {
  const of = async (price: unknown) => {
    const { config, says } = await read({ prices: { m: price, other: { input: 1, output: 2 } } })
    t.same(config, { prices: { other: { input: 1, output: 2 } } }, 'what is right is used')
    return says
  }
  const slip = 'prices.m.inptu: unknown key "inptu", did you mean "input"?; prices.m is left out'
  const negative = 'prices.m.output: must be >= 0, but is -1; prices.m is left out'
  t.same(await of({ inptu: 1, output: 2 }), [slip])
  t.same((await of({ inptu: 1, output: -1 })).sort(), [slip, negative].sort())
  t.same(await of({ input: 1, output: -1 }), [negative])
  t.same((await of({ input: -1, output: -1 })).length, 2)
  t.same((await of({ inptu: 1, ouptut: 2 })).sort(), [
    slip,
    'prices.m.ouptut: unknown key "ouptut", did you mean "output"?; prices.m is left out',
  ])
  t.same(await of({}), [
    'prices.m: "input" is missing; it is left out',
    'prices.m: "output" is missing; it is left out',
  ])
  t.same((await of({ input: 1, colour: 'red' })).length, 2)
})

t.test('budgets and alerts: numbers of dollars that can be meant, and nothing else', async (t) => {
  const fine = { budgets: { daily: 0.01, weekly: 80.5, monthly: 1_000_000 }, alerts: { desktop: true } }
  t.same(await read(fine), { config: fine, says: [] })
  for (const [daily, why] of [
    ['-5', 'must be >= 0.01, but is -5'],
    ['0', 'must be >= 0.01, but is 0'],
    ['1e7', 'must be <= 1000000, but is 10000000'],
    ['1e999', 'must be number'],
    ['"25"', 'must be number, but is "25"'],
    ['null', 'must be number, but is null'],
    ['{"USD":5}', 'must be number'],
  ]) {
    const { config, says } = await read(`{"budgets":{"daily":${daily},"monthly":400}}`)
    t.same(config, { budgets: { monthly: 400 } }, `${daily}: what is right is used`)
    t.equal(says.length, 1)
    t.match(says[0], `budgets.daily: ${why}`)
  }
  t.match((await read('{"budgets":{"daily":NaN}}')).says, [/is not JSON/])
  t.same((await read({ budgets: { montly: 5 } })).says, [
    'budgets.montly: unknown key "montly", did you mean "monthly"?; it is left out',
  ])
  const money = { currency: 'EUR', perUSD: 0.92 }
  t.same(await read({ money }), { config: { money }, says: [] })
  for (const [wrong, why] of [
    [{ ...money, currency: 'euro' }, /money\.currency: .*money is left out/],
    [{ ...money, perUSD: 0 }, /money\.perUSD: must be >= 0\.000001, but is 0; money is left out/],
    [{ ...money, perUSD: '0.92' }, /money\.perUSD: must be number/],
    [{ ...money, perUSD: 1e9 }, /money\.perUSD: must be <= 1000000/],
    [{ currency: 'EUR' }, /money: "perUSD" is missing; it is left out/],
  ] as const) {
    const { config, says } = await read({ money: wrong })
    t.same(config, {}, JSON.stringify(wrong))
    t.match(says, [why])
  }
  const plans = { 'claude-code': { priceUSD: 100 } }
  t.same(await read({ plans }), { config: { plans }, says: [] })
  for (const priceUSD of [-1, 0, '100', null, 1e9])
    t.same((await read({ plans: { ...plans, codex: { priceUSD } } })).config, { plans }, `${priceUSD}`)
  t.same((await read({ plans: { claude: { priceUSD: 100 } } })).says, [
    'plans.claude: unknown key "claude"; known: claude-code, codex; it is left out',
  ])
  t.match((await read({ alerts: { desktop: 'yes' } })).says, [/alerts\.desktop: must be boolean/])
})

t.test('a file that is wrong as a whole', async (t) => {
  for (const [content, why] of [
    ['{"device":', /is not JSON/],
    ['', /is not JSON/],
    ['[]', /must be object/],
    ['5', /must be object/],
    [' '.repeat(1024 * 1024 + 1), /larger than 1 MiB/],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]))), /more than 50/],
  ] as const) {
    const { config, says } = await read(content)
    t.same(config, {})
    t.equal(says.length, 1)
    t.match(says[0], why)
  }
  const other = join(folder, 'folder')
  mkdirSync(other)
  t.match((await readSettings(other)).mistakes, [{ says: /not a file/ }])
  const pipe = join(folder, 'pipe')
  if (spawnSync('mkfifo', [pipe]).status === 0) {
    t.match((await readSettings(pipe)).mistakes, [{ says: /not a file/ }], 'a pipe does not hold the start')
  } else t.pass('not run', { skip: 'there is no mkfifo here' })
})

t.test('a daemon lives with it, and its doctor tells until it is mended', async (t) => {
  const home = temporaryFolder(t)
  const config = join(home, 'config.json')
  writeFileSync(config, '{"sorces":{},"device":{"name":"de\\u0007sk"}}')
  const first = await daemon(t, { home })
  t.equal((await first.call('daemon.status')).device.name, 'desk', 'without control characters')
  await until(async () => (await first.call('daemon.status')).problems > 0, 'status counts it')
  const warned = (await first.call('doctor.run')).checks.filter(({ subject }) => subject === 'config')
  t.match(warned, [
    { level: 'warning', says: /config\.json: sorces: unknown key "sorces", did you mean "sources"/ },
  ])
  await first.stop()
  writeFileSync(config, '{}')
  const second = await daemon(t, { home })
  await until(async () => (await second.call('daemon.status')).ready, 'ready')
  const fine = (await second.call('doctor.run')).checks.filter(({ subject }) => subject === 'config')
  t.match(fine, [{ level: 'ok' }])
})
