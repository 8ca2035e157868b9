// A token below the identity mode `full` is shown no name, address or host of any device, whatever it asks: every method and event that the
// contract lets a token ask is asked here, so that a new one is among them by itself. What names a client that waits, and what the owner
// called members and tokens, is shown: approving needs the one, and the other is the owner's own word.
import t from 'tap'
import type { EventName } from '../../src/contract/events.ts'
import { METHODS, type MethodName } from '../../src/contract/methods.ts'
import { EVENT_SCOPES } from '../../src/contract/scope-words.ts'
import { CANARY, household, SOME_ERRORS, token } from './unnamed-made.ts'

t.test('no method', async (t) => {
  const { ask } = household(t)
  const names = Object.entries(METHODS).filter(([, { askers }]) =>
    (askers as readonly string[]).includes('token'),
  )
  t.ok(names.length > 15)
  for (const [name, { example }] of names) {
    const answer = await ask(name as MethodName, example.params, token('redacted'))
    t.notMatch(answer, CANARY, name)
    // What is not wired here would say nothing of what it shows.
    t.notMatch(answer, /internalError|internal error/, `${name} was really answered`)
  }
})

t.test('no error, and no filter that would tell whether a name is right', async (t) => {
  const { ask } = household(t)
  const summary = (devices: string[], identity: 'full' | 'redacted') =>
    ask('usage.summary', { range: 'all', devices }, token(identity))
  const wrong = await summary(['nobody'], 'redacted')
  t.match(wrong, 'no device is called')
  t.notMatch(wrong, CANARY)
  t.equal(
    (await summary([`${CANARY}-laptop`], 'redacted')).replaceAll(`${CANARY}-laptop`, 'nobody'),
    wrong,
    'a right name is answered as a wrong one',
  )
  t.match(await summary(['device 2'], 'redacted'), '"rows"', 'the name that is shown works')
  t.match(await summary([`${CANARY}-laptop`], 'full'), '"rows"')
  for (const [name, params] of SOME_ERRORS)
    t.notMatch(await ask(name, params, token('redacted')), CANARY, name)
})

t.test('no event, and the connection of a token asks for values without names', async (t) => {
  const { value, subscribed } = household(t)
  for (const event of Object.keys(EVENT_SCOPES) as EventName[]) {
    t.notMatch(value(event, false), CANARY, event)
    t.equal(await subscribed(event, token('redacted')), value(event, false), `${event} as it is sent`)
    t.equal(await subscribed(event, token('full')), value(event, true), `${event} with names`)
  }
  t.match(value('usage.changed', true), CANARY, 'with names it is there')
})

t.test('no metric', async (t) => {
  const { metrics } = household(t)
  t.notMatch(await metrics(false), CANARY)
  t.match(await metrics(false), 'device="device 2"')
  t.match(await metrics(true), `device="${CANARY}-laptop"`)
})

t.test('with full, and for the owner, names are as they were', async (t) => {
  const { ask } = household(t)
  const owner = { kind: 'owner' } as const
  for (const name of [
    'usage.summary',
    'devices.list',
    'quotas.list',
    'budgets.list',
    'audit.list',
    'access.whoami',
  ] as const) {
    t.match(await ask(name, {}, token('full')), CANARY, name)
    t.match(await ask(name, {}, owner), CANARY, name)
  }
})

t.test('what is shown instead is the same everywhere, and stays when a device is renamed', async (t) => {
  const { ask, rename } = household(t)
  const namesIn = (text: string) => [...new Set(text.match(/this device|device \d+|another device/g))].sort()
  const before = await ask('devices.list', {}, token('none'))
  t.same(namesIn(before), ['device 2', 'device 3', 'this device'])
  const place = (text: string) =>
    (JSON.parse(text).result.devices as { name: string; freshness: string }[]).map(({ name, freshness }) => [
      name,
      freshness,
    ])
  rename('zebra')
  t.same(place(await ask('devices.list', {}, token('none'))), place(before))
  t.match(await ask('quotas.list', {}, token('none')), '"device":"device 2"')
})
