// The widgets as texts: the glance comes from one feed and is read once, each format makes its text once, and those who follow
// it share that text. While nobody follows, nothing is computed.
import type { Glance } from '../../contract/glance.ts'
import type { Facts, WidgetFormat } from '../views/widgets/format.ts'
import { FORMATS } from '../views/widgets/formats.ts'
import { localTime, zoneOf } from '../views/zone.ts'
import type { Feeds } from './feeds.ts'
import { Followers, type FollowersBounds, type Line } from './followers.ts'

const WANTED = { event: 'glance.changed' } as const
/** A bar is looked at, not measured with: after a change it rests this long, in milliseconds. */
const REST_MS = 250

export interface WidgetBoardContext {
  readonly feeds: Feeds
  /** What runs tallyctl, word by word. */
  readonly tallyctl: readonly string[]
  readonly bounds?: FollowersBounds
}

export interface WidgetBoard {
  /** How many follow. */
  readonly followers: number
  format(name: string): WidgetFormat | undefined
  /** One widget with its line break. Throws where the glance cannot be computed. */
  text(format: WidgetFormat): string
  /** Whether there is room for another follower. */
  hasRoom(): boolean
  /** Writes the widget, and again whenever it changes, until the line closes. Throws as `text` does. */
  follow(format: WidgetFormat, line: Line): void
  close(): void
}

export function createWidgetBoard({ feeds, tallyctl, bounds }: WidgetBoardContext): WidgetBoard {
  const followers = new Followers(bounds)
  const byName = new Map(FORMATS.map((format) => [format.name, format]))
  let closeFeed: (() => void) | undefined
  let value = ''
  let facts: Facts | undefined
  let rest: NodeJS.Timeout | undefined
  let missed = false
  /** Of the formats that are followed, the text that was sent last. */
  const sent = new Map<string, string>()

  function hear(next: string): void {
    if (next === value) return
    value = next
    facts = factsOf(next, tallyctl)
    if (rest === undefined) send()
    else missed = true
  }

  function send(): void {
    missed = false
    if (followers.size === 0) return
    rest = setTimeout(() => {
      rest = undefined
      if (missed) send()
    }, REST_MS).unref()
    for (const name of followers.formats()) {
      const text = lineOf(byName.get(name)!, facts!)
      if (text === sent.get(name)) continue
      sent.set(name, text)
      followers.send(name, text)
    }
  }

  function left(): void {
    const followed = followers.formats()
    for (const name of sent.keys()) if (!followed.includes(name)) sent.delete(name)
    if (followers.size > 0) return
    closeFeed?.()
    closeFeed = undefined
    value = ''
    facts = undefined
  }

  return {
    get followers() {
      return followers.size
    },
    format: (name) => byName.get(name),
    text(format) {
      let now = facts
      if (now === undefined) {
        feeds.open(WANTED, (next) => {
          now = factsOf(next, tallyctl)
        })()
      }
      return lineOf(format, now!)
    },
    hasRoom: () => followers.hasRoom(),
    follow(format, line) {
      closeFeed ??= feeds.open(WANTED, hear)
      const text = sent.get(format.name) ?? lineOf(format, facts!)
      sent.set(format.name, text)
      followers.add(format.name, line, text, left)
    },
    close() {
      clearTimeout(rest)
      followers.end()
      closeFeed?.()
    },
  }
}

function factsOf(value: string, tallyctl: readonly string[]): Facts {
  const glance = JSON.parse(value) as Glance
  const zone = zoneOf(glance.timeZone)
  return { glance, tallyctl, local: (at) => localTime(at, zone) }
}

function lineOf(format: WidgetFormat, facts: Facts): string {
  return `${format.line(facts)}\n`
}
