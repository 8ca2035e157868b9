// Values that are sent again whenever they change. A feed is one event with one set of parameters: its value is
// computed once and shared by every subscription to it.
import type { EventName, Subscribe } from '../../contract/events.ts'
import type { Bus, BusEvents } from '../bus.ts'
import type { Log } from '../store/log.ts'
import { jsonText } from './json-text.ts'

/** A feed rests this many times as long as its value took to compute, so that it costs a quarter of a core at most. */
const REST = 3
/** Bounds of that rest, in milliseconds. A first change after it is never delayed. */
const [SHORTEST_REST_MS, LONGEST_REST_MS] = [2, 250]
/** How often values are computed without an event: "today" ends at midnight although nothing was counted. */
const TURN_MS = 60_000

/** What the daemon's parts say when the value of an event has changed. */
const CHANGED_BY = {
  'usage.changed': ['usageChanged'],
  'glance.changed': ['usageChanged', 'requestsChanged', 'statusChanged', 'quotasChanged'],
  'status.changed': ['statusChanged'],
  'budgets.changed': ['budgetsChanged'],
  'pairing.changed': ['pairingChanged'],
  'audit.added': ['auditAdded'],
  'requests.changed': ['requestsChanged'],
  'logins.changed': ['loginsChanged'],
  'quotas.changed': ['quotasChanged'],
  'displays.changed': ['displaysChanged'],
  'transfers.changed': ['transfersChanged'],
} as const satisfies Readonly<Record<EventName, readonly (keyof BusEvents)[]>>

/** Hears of a feed's newest value, as JSON. */
export type Reader = (value: string) => void

export interface Feeds {
  /**
   * Computes the value for `read` and hands it over at once; returns how to end it. `isNamed`: with the names of devices. Throws what
   * computing throws.
   */
  open(wanted: Subscribe, read: Reader, isNamed?: boolean): () => void
  /** Ends every feed. */
  close(): void
}

interface FeedsContext {
  readonly bus: Bus
  readonly log: Log
  /** The current value of an event with its parameters. */
  readonly compute: (wanted: Subscribe, isNamed: boolean) => unknown
}

interface Feed {
  readonly wanted: Subscribe
  readonly isNamed: boolean
  readonly readers: Set<Reader>
  value: string
  /** Not before this; on the clock of `performance.now`. */
  restsUntil: number
  pending: NodeJS.Timeout | undefined
}

export function createFeeds({ bus, log, compute }: FeedsContext): Feeds {
  const feeds = new Map<string, Feed>()
  const heard = saidOf().map(([said, events]) => [said, () => events.forEach(changed)] as const)
  let turn: NodeJS.Timeout | undefined

  function begin(): void {
    for (const [said, act] of heard) bus.on(said, act)
    bus.on('woken', refreshAll)
    turn = setInterval(refreshAll, TURN_MS)
    turn.unref()
  }

  function end(): void {
    for (const [said, act] of heard) bus.off(said, act)
    bus.off('woken', refreshAll)
    clearInterval(turn)
  }

  function refreshAll(): void {
    for (const feed of feeds.values()) refresh(feed)
  }

  function changed(event: EventName): void {
    for (const feed of feeds.values()) {
      if (feed.wanted.event !== event || feed.pending !== undefined) continue
      const wait = feed.restsUntil - performance.now()
      if (wait <= 0) refresh(feed)
      else feed.pending = setTimeout(() => refresh(feed), wait)
    }
  }

  function refresh(feed: Feed): void {
    clearTimeout(feed.pending)
    feed.pending = undefined
    const startedAt = performance.now()
    try {
      feed.value = jsonText(compute(feed.wanted, feed.isNamed))
    } catch (error) {
      log.error(`${feed.wanted.event} could not be computed`, error)
      return
    } finally {
      const endedAt = performance.now()
      const rest = REST * (endedAt - startedAt)
      feed.restsUntil = endedAt + Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, rest))
    }
    for (const read of feed.readers) read(feed.value)
  }

  return {
    open(wanted, read, isNamed = true) {
      const key = `${isNamed} ${keyOf(wanted)}`
      const value = jsonText(compute(wanted, isNamed))
      if (feeds.size === 0) begin()
      const feed = feeds.get(key) ?? {
        wanted,
        isNamed,
        readers: new Set<Reader>(),
        value,
        restsUntil: Number.NEGATIVE_INFINITY,
        pending: undefined,
      }
      feeds.set(key, feed)
      feed.readers.add(read)
      read(value)
      return () => {
        if (!feed.readers.delete(read) || feed.readers.size > 0) return
        clearTimeout(feed.pending)
        feeds.delete(key)
        if (feeds.size === 0) end()
      }
    },
    close() {
      for (const feed of feeds.values()) clearTimeout(feed.pending)
      feeds.clear()
      end()
    },
  }
}

/** What the parts say, each once, with the events whose values it changes. */
function saidOf(): [keyof BusEvents, EventName[]][] {
  const events = new Map<keyof BusEvents, EventName[]>()
  for (const [event, all] of Object.entries(CHANGED_BY)) {
    for (const said of all) events.set(said, [...(events.get(said) ?? []), event as EventName])
  }
  return [...events]
}

/** The same for the same parameters in any order of keys. */
function keyOf({ event, params }: Subscribe): string {
  return JSON.stringify([event, Object.entries(params ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))])
}
