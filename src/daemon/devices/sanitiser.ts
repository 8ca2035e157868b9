// The one allow-list between this device and others: what a name may be when it leaves, and again when it comes in.
// docs/wire.md has the rules in the reader's words; sanitiser.test.ts plants a canary in every string.
import { createHash } from 'node:crypto'
import type { WireQuota } from '../../contract/wire.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import { cleanName } from './device-name.ts'
import { AGENTS, BUILT_IN_TOOLS, MODEL_WORDS } from './known-words.ts'

export const PRIVATE_MODEL = '(private model)'
/** What more names than fit into an answer share; the tallies have the same word. */
export const OTHER_MODEL = '(other)'
export const MCP_TOOL = 'mcp'
export const OTHER_TOOL = 'other'
export const OTHER_AGENT = 'other'

/** Words of our own, which say nothing. */
const OWN_MODELS = new Set([PRIVATE_MODEL, OTHER_MODEL, 'unknown'])
const OWN_TOOLS = new Set([MCP_TOOL, OTHER_TOOL, 'unknown'])

/** One separator between words; `@cf/`, as Cloudflare begins its names; `~`, as OpenRouter does; `[1m]`, as Claude Code ends them. */
const MODEL = /^(?:@cf\/|~)?[a-z0-9]+(?:[-_./:@][a-z0-9]+)*(?:\[1m\])?$/
/**
 * Numbers of other things: four small ones are an address however they are joined, more than eight digits an account, two or more behind
 * a colon a port, anything but a date or a version behind an @ a host; and a fine-tuned model's name holds its owner's.
 */
const OTHER_THINGS =
  /(?<!\d)(?:\d{1,3}[-_.:]){3}\d{1,3}(?![\da-z])|\d{9}|:\d{2,}(?![a-z0-9])|(?<!^)@(?!\d{8}$|v?\d{1,3}$|default$|latest$)|^ft:.*:/
/** No published model has more in its name: version, size and date together. */
const DIGITS_CAP = 14
/** Letters and digits by turns within one word: `8x7b` has four runs, a number written into a word has more. */
const RUNS_CAP = 4
/** `o3`, `openai/o4-mini-deep-research`: no word, and yet a name. */
const OPENAI_O = /^(?:[a-z]+\/)*o\d(?:-|$)/
/** Letters, as words; two beside a digit or a single one are a version, a size or a quantisation: `4o`, `fp8`, `q4_k`. */
const WORD = /[a-z]+/g

/**
 * A model's name if it is made of nothing but words of published models and numbers, else `(private model)`: paths, addresses,
 * deployments, fine-tuned and home-made models have names that somebody chose.
 */
export function modelAsTold(name: string): string {
  if (OWN_MODELS.has(name)) return name
  if (name.length > WIRE.nameLength) return PRIVATE_MODEL
  const plain = name.toLowerCase()
  if (!MODEL.test(plain) || OTHER_THINGS.test(plain) || isCoded(plain)) return PRIVATE_MODEL
  let known = OPENAI_O.test(plain) ? 1 : 0
  for (const { 0: word, index } of plain.matchAll(WORD)) {
    if (MODEL_WORDS.has(word)) known++
    else if (word.length > 2 || (word.length === 2 && !touchesDigit(plain, index, 2))) return PRIVATE_MODEL
  }
  return known > 0 ? name : PRIVATE_MODEL
}

/** Whether there is more in its digits than a model's name has. */
function isCoded(plain: string): boolean {
  if (plain.replaceAll(/\D/g, '').length > DIGITS_CAP) return true
  return plain.split(/[^a-z0-9]+/).some((word) => (word.match(/[a-z]+|\d+/g)?.length ?? 0) > RUNS_CAP)
}

function touchesDigit(text: string, at: number, length: number): boolean {
  return /\d/.test(text.charAt(at - 1)) || /\d/.test(text.charAt(at + length))
}

/** A built-in tool's name; `mcp` for every tool of a server; `other` for the rest. */
export function toolAsTold(name: string): string {
  if (BUILT_IN_TOOLS.has(name) || OWN_TOOLS.has(name)) return name
  // Claude Code: `mcp__server__tool`. Codex: the same, in older versions `server__tool`.
  return /^mcp(?:__|$)|^[^_].*__./s.test(name) ? MCP_TOOL : OTHER_TOOL
}

/** An agent that a source of ours reads. What comes in is any word of the contract's form: newer devices read more. */
export function agentAsTold(name: string): string {
  return AGENTS.has(name) ? name : OTHER_AGENT
}

/** What a device calls itself: its owner chose that for others to read. */
export function deviceAsTold(name: string): string {
  return cleanName(name.slice(0, 1_000)) || 'a device'
}

export function zoneAsTold(name: string): string {
  return /^(?=.{1,64}$)[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/.test(name) ? name : 'UTC'
}

export function programAsTold(version: string): string {
  return /^(?=.{1,32}$)\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version) ? version : 'unknown'
}

/** A window of an agent that a source of ours reads, with nothing but numbers and a hash; none for any other. */
export function quotaAsTold([
  agent,
  account,
  windowSeconds,
  used,
  resetAt,
  observedAt,
]: WireQuota): WireQuota[] {
  if (!AGENTS.has(agent)) return []
  const hash = account !== null && /^[0-9a-f]{32}$/.test(account) ? account : null
  return [[agent, hash, windowSeconds, used, resetAt, observedAt]]
}

/**
 * A model's name as another device told it. One that our list would change is told apart from every other such one, by a mark that
 * says nothing about it: their sums are the sender's, and a later answer may bring only one of them.
 */
export function modelAsHeard(name: string): string {
  return asHeard(name, modelAsTold(name), PRIVATE_MODEL)
}

export function toolAsHeard(name: string): string {
  return asHeard(name, toolAsTold(name), OTHER_TOOL)
}

function asHeard(name: string, told: string, word: string): string {
  if (told === name) return name
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12)
  return word.endsWith(')') ? `${word.slice(0, -1)} ${mark})` : `${word} ${mark}`
}
