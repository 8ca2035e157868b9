// The command line: every row of the table parses, and what is wrong is named.
import t from 'tap'
import { TallyError } from '../../src/contract/errors.ts'
import { readDuration, readLifetime } from '../../src/ctl/commands/duration.ts'
import { nearest, parse } from '../../src/ctl/commands/parse.ts'
import { flagsOf, isRemote, NAMES, rowOf } from '../../src/ctl/commands/table.ts'
import { summaryParams } from '../../src/ctl/commands/usage.ts'
import { timeZone } from '../../src/ctl/commands/zone.ts'

function complaint(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof TallyError) return `${error.error}: ${error.message}; ${error.next}`
    throw error
  }
  return 'no error'
}

t.test('every example in the table parses', async (t) => {
  for (const name of NAMES) {
    for (const { line } of rowOf(name).examples) {
      const words = (line.match(/'[^']*'|[^\s']+/g) ?? []).map((word) => word.replaceAll("'", ''))
      const from = words.findIndex((word) => word.endsWith('tallyctl'))
      const until = words.indexOf('|')
      const own = words.slice(from + 1, until < 0 ? undefined : until).map((word) => word.replace(/\)$/, ''))
      t.equal(parse(own).command, name, line)
    }
    t.ok(rowOf(name).examples.length > 0, `${name} has an example`)
  }
})

t.test('every flag parses, with and without a value', async (t) => {
  for (const name of NAMES) {
    const words = rowOf(name).words.map((word) => word.choices?.[0] ?? 'x')
    for (const flag of flagsOf(name)) {
      const value = flag.choices?.[0] ?? (flag.mayAsk === true ? '604218' : 'value')
      const argv = [
        ...name.split(' '),
        ...words,
        `--${flag.name}`,
        ...(flag.value === undefined ? [] : [value]),
        // What says how another tallyd is reached is about none without one.
        ...(isRemote(name) && flag.name !== 'host' ? ['--host', 'value'] : []),
      ]
      const asked = parse(argv)
      const given = flag.many === true ? asked.values(flag.name)?.[0] : asked.value(flag.name)
      if (flag.value === undefined) t.ok(asked.has(flag.name), argv.join(' '))
      else t.equal(given, value, argv.join(' '))
    }
  }
})

t.test('flags may stand before the command', async (t) => {
  const asked = parse(['--json', '--tz', 'Asia/Tokyo', 'usage', 'week'])
  t.equal(asked.command, 'usage')
  t.strictSame(asked.words, ['week'])
  t.equal(asked.value('tz'), 'Asia/Tokyo')
  t.ok(asked.has('json'))
})

t.test('what is wrong is named, with the help to read', async (t) => {
  const says = (...argv: string[]) => complaint(() => parse(argv))
  t.equal(
    says('usage', '--nope'),
    'wrongUsage: this cannot be read: there is no flag --nope; run: tallyctl usage --help',
  )
  t.match(says('usage', '--by'), '--by needs a value')
  t.match(says('usage', '--by', '--json'), '--by needs a value')
  t.match(says('usage', '--json=1'), '--json takes no value')
  t.match(says('usage', '--by', 'day,weather'), '--by is weather, but must be one of day, hour')
  t.match(says('usage', '--by', ''), '--by is empty')
  t.match(
    says('usage', 'tomorrow'),
    'RANGE is tomorrow, but must be one of today, week, month, all, yesterday',
  )
  t.match(says('usage', '--agent', ''), '--agent is empty')
  for (const range of ['today', 'week', 'month', 'all', 'yesterday']) {
    t.match(says(range), `there is no command ${range}; run: tallyctl usage ${range}`)
  }
  t.match(says('help', 'usgae'), 'there is no command usgae, but there is usage')
  t.match(says('usage', 'week', 'month'), 'month is one word too many')
  t.match(says('completion'), 'SHELL is missing')
  t.match(says('usgae'), 'there is no command usgae, but there is usage')
  t.match(says('frobnicate'), /there is no command frobnicate;/)
  t.match(says('__proto__'), 'there is no command __proto__')
  t.match(says('-x'), 'there is no flag -x')
})

t.test('nearest', async (t) => {
  t.equal(nearest('stauts', NAMES), 'status')
  t.equal(nearest('zzzzzz', NAMES), null)
})

t.test('durations', async (t) => {
  t.equal(readDuration('500ms', '--wait'), 500)
  t.equal(readDuration('60s', '--wait'), 60_000)
  t.equal(readDuration('1.5m', '--wait'), 90_000)
  t.equal(readDuration('24h', '--wait'), 86_400_000)
  for (const wrong of [
    '',
    '60',
    's',
    '-1s',
    '0s',
    '0.5ms',
    '25h',
    '999999999h',
    '1e9s',
    '5 m',
    '1d',
    'NaNs',
  ]) {
    t.match(
      complaint(() => readDuration(wrong, '--wait')),
      `wrongUsage: this cannot be read: --wait is ${wrong === '' ? 'empty' : `${wrong}, which is no duration`}`,
    )
  }
})

t.test('the zone: the flag, else TZ, else the link of /etc/localtime', async (t) => {
  const link = () => '/usr/share/zoneinfo/America/Argentina/Buenos_Aires'
  t.equal(timeZone('Asia/Tokyo', { TZ: 'UTC' }, link), 'Asia/Tokyo')
  t.equal(timeZone(undefined, { TZ: 'UTC' }, link), 'UTC')
  t.equal(timeZone(undefined, { TZ: ':Europe/Berlin' }, link), 'Europe/Berlin')
  t.equal(timeZone(undefined, { TZ: 'Etc/GMT+5' }, link), 'Etc/GMT+5')
  t.equal(timeZone(undefined, { TZ: 'EST5EDT' }, link), 'EST5EDT')
  t.equal(timeZone(undefined, { TZ: 'CET-1CEST,M3.5.0,M10.5.0/3' }, link), 'America/Argentina/Buenos_Aires')
  t.equal(timeZone(undefined, { TZ: '/usr/share/zoneinfo/right/Asia/Tokyo' }, link), 'Asia/Tokyo')
  t.equal(timeZone(undefined, {}, link), 'America/Argentina/Buenos_Aires')
  t.equal(
    timeZone(undefined, {}, () => '../somewhere/else.tz'),
    undefined,
  )
  t.equal(
    timeZone(undefined, {}, () => {
      throw new Error('EINVAL')
    }),
    undefined,
  )
})

t.test('what usage asks for: the grouping is always said', async (t) => {
  const params = (...argv: string[]) => summaryParams(parse(['usage', ...argv]), { TZ: 'UTC' })
  t.strictSame(params(), { range: 'today', timeZone: 'UTC', by: ['model'] })
  t.strictSame(params('all'), { range: 'all', timeZone: 'UTC', by: ['model'] })
  t.strictSame(params('week'), { range: 'week', timeZone: 'UTC', by: ['day'] })
  const yesterday = { since: '2d', until: '1d', timeZone: 'UTC' }
  t.strictSame(params('yesterday'), { ...yesterday, by: ['model'] })
  t.strictSame(params('--since', 'yesterday', '--until', 'yesterday'), { ...yesterday, by: ['day'] })
  t.strictSame(params('--since', '-7d'.slice(1)), { since: '7d', timeZone: 'UTC', by: ['day'] })
  for (const wrong of ['-7d', 'x', 'tomorrow', '0d', '2026', `2026-01-01T${'0'.repeat(40)}`]) {
    t.match(
      complaint(() => params('--since', wrong)),
      `--since is ${wrong}, which is no time; use`,
    )
  }
  t.strictSame(params('--since', '7d'), { since: '7d', timeZone: 'UTC', by: ['day'] })
  t.strictSame(params('month', '--by', 'agent,model', '--agent', 'codex', '--model', 'a', '--model', 'b'), {
    range: 'month',
    timeZone: 'UTC',
    by: ['agent', 'model'],
    agents: ['codex'],
    models: ['a', 'b'],
  })
  t.match(
    complaint(() => params('week', '--since', '7d')),
    'week cannot stand with --since or --until',
  )
  t.match(
    complaint(() => params('--by', 'day,day')),
    'names one twice',
  )
  t.match(
    complaint(() => params('--by', 'day,hour,agent,model,activity')),
    'has more than four',
  )
})

t.test('a lifetime is a minute to ten years', async (t) => {
  for (const [text, seconds] of [
    ['60s', 60],
    ['1m', 60],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['3650d', 315_360_000],
    ['10y', 315_360_000],
  ] as const) {
    t.equal(readLifetime(text, '--expires'), seconds)
  }
  for (const text of ['', '30', '59s', '0d', '3651d', '1.5d', '-1d', '30 d', '1w', '9999999999s', 'never']) {
    t.match(
      complaint(() => readLifetime(text, '--expires')),
      /--expires is .*; use for example 12h, 30d or 1y/,
      text,
    )
  }
})

t.test('each value of a flag that may be repeated is one of its choices', async (t) => {
  const create = ['tokens', 'create', '--member', 'x']
  t.strictSame(parse([...create, '--scope', 'admin', '--scope', 'usage:read']).values('scope'), [
    'admin',
    'usage:read',
  ])
  t.match(
    complaint(() => parse([...create, '--scope', 'admin', '--scope', 'all'])),
    /--scope is all, but must be one of usage:read,/,
  )
})
