// What the daemon shows of all devices together. Holds nothing itself: totals come from usage and devices, money from the
// asker's own price book.
import type { Config } from '../../contract/config.ts'
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Glance } from '../../contract/glance.ts'
import type { Result } from '../../contract/methods.ts'
import type { Summary, SummaryParams } from '../../contract/usage.ts'
import type { DeviceFacts } from '../devices/devices.ts'
import { quarterOf } from '../tallies/quarters.ts'
import { createPriceBook } from '../usage/prices/price-book.ts'
import { SOURCES } from '../usage/sources/sources.ts'
import { type Aggregate, Aggregator } from './aggregate.ts'
import { type BudgetsFound, budgetsOf } from './budgets.ts'
import { deviceRows } from './device-rows.ts'
import { type Around, glanceOf } from './glance.ts'
import { plansOf } from './plans.ts'
import type { Question, Share } from './question.ts'
import { Quiet } from './quiet.ts'
import { rangeOf } from './range.ts'
import { SameLogs } from './same-logs.ts'
import { gatherSnapshot, type SnapshotSources } from './snapshot-facts.ts'
import { Snapshots } from './snapshots.ts'
import { summarise } from './summary.ts'
import { Unnamed } from './unnamed.ts'
import { systemZone, zoneOf } from './zone.ts'

export type { Share } from './question.ts'

export interface ViewsContext {
  readonly config: Config
  /** Every device whose totals are known, this one first. */
  readonly shares: () => readonly Share[]
  /** Every device there is, this one first; a device that nobody heard of yet has no share. */
  readonly devices: () => readonly DeviceFacts[]
  /** What a snapshot shows besides. */
  readonly snapshot: SnapshotSources
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface Views {
  readonly snapshots: Snapshots
  /** The same without the names of devices, in answers, filters and errors. */
  unnamed(): Views
  /** The name of a device as it is shown there. */
  nameShown(name: string): string
  /** Every device with what it spent; throws TallyError unknownTimeZone. */
  devices(timeZone: string | undefined): Result<'devices.list'>
  /** What a status bar shows; throws TallyError unknownTimeZone. */
  glance(timeZone: string | undefined, around: Around): Glance
  /** Throws TallyError unknownTimeZone, invalidRange or invalidParams. */
  summary(params: SummaryParams): Summary
  /** Every budget of the config, in the system's zone. */
  budgets(): BudgetsFound
  /** Every plan of the config, in the system's zone. */
  plans(): Result<'plans.list'>
  /** Every device there is. */
  readonly deviceFacts: () => readonly DeviceFacts[]
  /** All history by device, agent and model; the very same object as long as nothing changed. */
  history(): Aggregate
  /** Compares histories that are new, so that `summary` can say whether they are of the same logs. */
  settle(): Promise<void>
  checks(): Promise<Check[]>
}

const HISTORY: Question = {
  by: ['device', 'agent', 'model'],
  range: { since: null, until: null },
  zone: zoneOf('UTC'),
  quarter: 0,
  params: {},
}

export function createViews(context: ViewsContext): Views {
  const { config, shares, devices, snapshot, now } = context
  const prices = createPriceBook(config.prices)
  const aggregator = new Aggregator(prices)
  // Its own: displays ask the same few questions for ever, and must not push out those of people.
  const displayed = new Aggregator(prices)
  /** Who scrapes asks the same for ever: what others ask must not push it out. Null until somebody does. */
  let scraped: Aggregator | null = null
  /** Asked again whenever something is counted. Null until there is a budget. */
  let budgeted: Aggregator | null = null
  /** Beside figures that people are shown. */
  const shown = config.money === undefined ? {} : { display: config.money }
  const unnamed = new Unnamed({ devices, shares })
  /** Null until a token asks that is shown no names. */
  let withoutNames: Views | null = null
  const sameLogs = new SameLogs(shares)
  const quiet = new Quiet()
  // Reading the copies of other devices leaves much behind.
  if (shares().length > 1) quiet.wait()
  const snapshots = new Snapshots(() => {
    quiet.asked()
    const { facts, turnsAt } = gatherSnapshot(
      snapshot,
      shares(),
      devices(),
      displayed,
      zoneOf(systemZone()),
      now(),
    )
    return { facts: { ...shown, ...facts }, turnsAt }
  }, now)
  return {
    snapshots,
    unnamed() {
      withoutNames ??= createViews({ ...context, devices: unnamed.devices, shares: unnamed.shares })
      return withoutNames
    },
    nameShown: (name) => unnamed.nameOf(name),
    settle: () => sameLogs.settle(),
    checks: () => sameLogs.checks(),
    summary(params) {
      quiet.asked()
      const zone = zoneOf(params.timeZone ?? systemZone())
      const range = rangeOf(params, zone, now())
      const all = shares()
      refuseStrangeAgents(all, params)
      const chosen = chosenShares(all, devices, params.devices)
      const same = sameLogs.among(chosen)
      const question = { by: params.by ?? [], range, zone, quarter: quarterOf(now()), params }
      return summarise(chosen, aggregator, question, same, config.money)
    },
    budgets() {
      // Every glance asks: without a budget it costs nothing, not even the tables of the zone.
      if (config.budgets === undefined) return { ...shown, timeZone: systemZone(), budgets: [], missing: [] }
      quiet.asked()
      budgeted ??= new Aggregator(prices)
      const [aggregator, limits, zone] = [budgeted, config.budgets, zoneOf(systemZone())]
      const found = { limits, shares: shares(), devices: devices(), aggregator, zone, now: now() }
      return { ...shown, ...budgetsOf(found) }
    },
    plans() {
      quiet.asked()
      const found = {
        plans: config.plans,
        shares: shares(),
        aggregator,
        zone: zoneOf(systemZone()),
        now: now(),
      }
      return { ...shown, plans: plansOf(found) }
    },
    deviceFacts: devices,
    history() {
      quiet.asked()
      scraped ??= new Aggregator(prices)
      return scraped.aggregate(shares(), HISTORY)
    },
    glance(timeZone, around) {
      quiet.asked()
      const zone = zoneOf(timeZone ?? systemZone())
      const about = { devices: devices(), shares: shares(), quotas: snapshot.quotas(), aggregator, zone }
      return { ...shown, ...glanceOf({ ...about, now: now() }, around) }
    },
    devices(timeZone) {
      quiet.asked()
      const zone = zoneOf(timeZone ?? systemZone())
      return { ...shown, ...deviceRows(devices(), shares(), aggregator, zone, now()) }
    },
  }
}

/** Another device may run a newer version, which reads an agent that this one does not. */
function refuseStrangeAgents(shares: readonly Share[], { agents }: SummaryParams): void {
  if (agents === undefined) return
  const known = new Set(SOURCES.map(({ agent }) => agent))
  for (const { totals } of shares) for (const agent of totals.agents.list) known.add(agent)
  const unknown = agents.find((agent) => !known.has(agent))
  if (unknown === undefined) return
  throw new TallyError(
    'invalidParams',
    `no agent is called ${JSON.stringify(unknown)}`,
    `the agents are ${[...known].join(', ')}`,
  )
}

/** A device is named by its name, its id, or `self`. */
function chosenShares(
  shares: readonly Share[],
  devices: () => readonly DeviceFacts[],
  names: readonly string[] | undefined,
): readonly Share[] {
  if (names === undefined) return shares
  const isCalled = (device: Share['device'], name: string) =>
    name === device.name || name === device.id || (name === 'self' && device.self)
  const known = [...shares.map(({ device }) => device), ...devices()]
  const strange = names.find((name) => !known.some((device) => isCalled(device, name)))
  if (strange !== undefined) {
    throw new TallyError(
      'invalidParams',
      `no device is called ${JSON.stringify(strange)}`,
      `the devices are ${[...new Set(known.map(({ name }) => name))].join(', ')}`,
    )
  }
  return shares.filter((share) => names.some((name) => isCalled(share.device, name)))
}
