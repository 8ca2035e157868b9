// Reads what another device answered. Every byte is doubted: how many there are, how they nest, what shape they have and
// whether the numbers can be true. Nothing here throws, and nothing here changes anything.
import { isUtf8 } from 'node:buffer'
import { fitsUsageAnswer } from '../../contract/generated/wire.ts'
import { problemOf } from '../../contract/misfit.ts'
import { printable } from '../../contract/printable.ts'
import type { Validator } from '../../contract/validator.ts'
import type { UsageAnswer } from '../../contract/wire.ts'
import { WIRE, WIRE_VERSION } from '../../contract/wire-bounds.ts'

/** Why an answer is not taken. `newerVersion`: the other device is ahead, what is known of it stays. */
export interface Refusal {
  readonly code: 'tooLarge' | 'notJson' | 'newerVersion' | 'wrongShape' | 'implausible'
  readonly says: string
}

export type Read = { readonly answer: UsageAnswer } | { readonly refusal: Refusal }

/** More lists, or members of lists and objects, than any answer within the bounds has. */
const MOST_LISTS = WIRE.buckets + WIRE.toolCalls + 100
const MOST_MEMBERS = WIRE.buckets * 15 + WIRE.toolCalls * 5 + 2 * WIRE.names + 1_000
/** Version 1 has three: the answer, a list of it, a bucket. A newer one may have more, and is to be told apart. */
const DEEPEST = 8
/** No request has more tokens of one class than this; the readers of logs draw the same line. */
const LARGEST_CALL = 0xffff_ffff
/** Different series that an answer can tell apart; times a quarter-hour still an exact number. */
const SERIES = WIRE.agents * WIRE.names * WIRE.activities * WIRE.bands

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
/** `[` and `]`; with the bit 0x20, `{` and `}`. */
const OPEN = 0x5b
const CLOSE = 0x5d
const BRACE = 0x20

/** Reads a whole body; stop receiving at WIRE.bytes. */
export function readAnswer(body: Uint8Array): Read {
  if (body.length > WIRE.bytes) return refused('tooLarge', `it is larger than ${WIRE.bytes} bytes`)
  if (!isBounded(body)) return refused('tooLarge', 'it has more or deeper lists than an answer can have')
  let value: unknown
  try {
    value = isUtf8(body)
      ? JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
      : null
  } catch {
    return refused('notJson', 'it is not JSON')
  }
  return checkAnswer(value)
}

/** The same for a value that was parsed. */
export function checkAnswer(value: unknown): Read {
  const version =
    typeof value === 'object' && value !== null ? (value as { version?: unknown }).version : null
  if (Number.isInteger(version) && (version as number) > WIRE_VERSION) {
    return refused('newerVersion', `it speaks version ${version}, this device ${WIRE_VERSION}`)
  }
  if (!fitsUsageAnswer(value)) {
    return refused('wrongShape', misfit())
  }
  const why = implausible(value)
  return why === null ? { answer: value } : refused('implausible', why)
}

function misfit(): string {
  const validator: Validator = fitsUsageAnswer
  const { path, problem } = problemOf(validator)
  // A misfit holds on to the whole answer.
  validator.errors = null
  return printable(`${path === '' ? 'it' : path} ${problem}`, ' ').slice(0, 300)
}

/**
 * Why an answer of the right shape cannot be true, or null. Times are not doubted: it cannot be known whose clock is wrong, and a
 * row refused today would be missing tomorrow.
 */
export function implausible(answer: UsageAnswer): string | null {
  for (const names of [answer.agents, answer.models, answer.activities, answer.tools]) {
    if (new Set(names).size < names.length) return 'a name is there twice'
  }
  return implausibleBuckets(answer) ?? implausibleToolCalls(answer)
}

function implausibleBuckets({ agents, models, activities, buckets }: UsageAnswer): string | null {
  const keys = new Float64Array(buckets.length)
  for (const [at, row] of buckets.entries()) {
    const [quarter, agent, model, activity, band, calls, sessions, searches, ...tokens] = row
    if (agent >= agents.length || model >= models.length || activity >= activities.length) {
      return 'a bucket names what is not in the lists'
    }
    if (sessions > calls) return 'a bucket has more sessions than calls'
    const [, output, , , , reasoning] = tokens
    if (reasoning > output) return 'a bucket has more reasoning than output'
    if (Math.max(searches, ...tokens) > calls * LARGEST_CALL)
      return 'a bucket has more tokens than its calls can have'
    const series = ((agent * WIRE.names + model) * WIRE.activities + activity) * WIRE.bands + band
    keys[at] = quarter * SERIES + series
  }
  return hasTwins(keys) ? 'a bucket is there twice' : null
}

function implausibleToolCalls({ agents, tools, toolCalls }: UsageAnswer): string | null {
  const keys = new Float64Array(toolCalls.length)
  for (const [at, [quarter, agent, tool]] of toolCalls.entries()) {
    if (agent >= agents.length || tool >= tools.length) return 'a tool call names what is not in the lists'
    keys[at] = (quarter * WIRE.agents + agent) * WIRE.names + tool
  }
  return hasTwins(keys) ? 'a tool is there twice in a quarter-hour' : null
}

/** Sorts `keys`; a Set of so many would cost megabytes. */
function hasTwins(keys: Float64Array): boolean {
  keys.sort()
  return keys.some((key, at) => at > 0 && key === keys[at - 1])
}

/** Counts before parsing, because 32 MiB of `[[],[],…` become a gigabyte of lists. */
function isBounded(body: Uint8Array): boolean {
  let [lists, members, depth] = [0, 0, 0]
  let quoted = false
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!
    if (quoted) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) quoted = false
    } else if (byte === QUOTE) quoted = true
    else if (byte === COMMA) members++
    else if ((byte & ~BRACE) === OPEN) {
      lists++
      if (++depth > DEEPEST) return false
    } else if ((byte & ~BRACE) === CLOSE) depth--
  }
  return lists <= MOST_LISTS && members <= MOST_MEMBERS
}

function refused(code: Refusal['code'], says: string): Read {
  return { refusal: { code, says } }
}
