// Claude Code's session logs: one JSON object a line, a request told by several lines while it streams.
// docs/log-formats.md describes the format; each rule here has a fixture of its name in test/daemon/usage/fixtures.
import { join, resolve } from 'node:path'
import type { Surroundings } from '../../../contract/paths.ts'
import { addCall, NEW_TURN, type Turn, tellActivity, useTool } from '../activity.ts'
import { type CallNumbers, type CallSeen, latest, type UsageEvent } from '../event.ts'
import { type Key, keyOf } from '../ledger/hash.ts'
import { type ClaudeLine, claudeLine } from './claude-found.ts'
import {
  count,
  type Fields,
  fieldsOf,
  isFields,
  name,
  orRejected,
  Rejected,
  string,
  text,
  time,
} from './fields.ts'
import type { Folder, LineContext, Source, Told, Verdict } from './source.ts'

export interface ClaudeMemory {
  /** Session of lines that do not name one: older versions named only the file. */
  readonly session: string
  readonly turn: Turn
  /** The message told last, and whether it called a tool; one that did not ends its turn. */
  readonly last: Key | null
  readonly usedTool: boolean
}

export const claudeCode: Source<ClaudeMemory> = {
  agent: 'claude-code',
  // Subagents have logs of their own below the session's name.
  sessionOf: (path) => path.replace(/\.jsonl$/, '').replace(/\/subagents\/[^/]*$/, ''),
  marker: '"usage"',
  sort,
  folders,
  isLog: (path) => path.endsWith('.jsonl'),
  begin: (path) => ({ session: sessionOf(path), turn: NEW_TURN, last: null, usedTool: false }),
  read: (line, memory, context) => orRejected(memory, () => toldOfLine(fieldsOf(line), memory, context)),
  scan: { form: 'claude', told: (found, memory) => told(claudeLine(found, memory.session), memory) },
}

/** The usual head: flat pairs up to the line's own type. Of two types the first decides. */
const TYPE = /^\{(?:"[^"\\]*":(?:"(?:[^"\\]|\\.)*"|null|true|false|-?[\d.]+),)*?"type":"([^"\\\0-\x1f]*)"/

function sort(head: string): Verdict {
  const type = TYPE.exec(head)?.[1]
  return type === undefined ? 'search' : type === 'assistant' ? 'read' : 'skip'
}

function folders({ env, home }: Surroundings): Folder[] {
  const configured = env['CLAUDE_CONFIG_DIR']
  if (configured !== undefined && configured.trim() !== '') {
    const roots = configured.split(',').map((root) => root.trim())
    return roots
      .filter((root) => root !== '')
      .map((root) => ({ path: resolve(root.replace(/^~(?=\/|$)/, home), 'projects'), origin: 'environment' }))
  }
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  return [join(home, '.claude', 'projects'), join(config, 'claude', 'projects')].map((path) => ({
    path,
    origin: 'default',
  }))
}

function toldOfLine(line: Fields, memory: ClaudeMemory, { now }: LineContext): Told<ClaudeMemory> {
  const { message } = line
  if (line['type'] !== 'assistant' || !isFields(message)) return { memory, events: [] }
  if (message['usage'] === undefined || message['model'] === '<synthetic>') return { memory, events: [] }
  const call = callOf(line, message, memory, now)
  return told({ call, tools: toolsOf(message, call) }, memory)
}

function told({ call, tools }: ClaudeLine, memory: ClaudeMemory): Told<ClaudeMemory> {
  const sameMessage = memory.last?.a === call.key.a && memory.last.b === call.key.b
  const before = sameMessage || memory.usedTool ? memory.turn : NEW_TURN
  let turn = sameMessage ? before : addCall(before, call)
  const events: UsageEvent[] = [call]
  for (const { key, tool, command } of tools) {
    turn = useTool(turn, tool, command)
    events.push({ kind: 'tool', key, at: call.at, tool })
  }
  for (const event of tellActivity(before, turn, call.session)) events.push(event)
  const usedTool = tools.length > 0 || (sameMessage && memory.usedTool)
  return {
    memory: { session: memory.session, turn, last: call.key, usedTool },
    events,
  }
}

function callOf(line: Fields, message: Fields, memory: ClaudeMemory, now: number): CallSeen {
  const at = time(line['timestamp'], now)
  const request = string(line['requestId'])
  const id = string(message['id']) ?? request ?? string(line['uuid'])
  if (id === undefined) throw new Rejected('no id to count it once by')
  const ownRequest = request !== undefined && line['isSidechain'] !== true
  return {
    kind: 'call',
    key: keyOf(`claude-code ${id}`),
    apart: ownRequest ? keyOf(request).a : 'replay',
    session: keyOf(`claude-code ${string(line['sessionId']) ?? memory.session}`),
    at,
    rank: latest(at),
    model: name(message['model'], 'unknown'),
    numbers: numbersOf(message['usage']),
  }
}

function numbersOf(usage: unknown): CallNumbers {
  if (!isFields(usage)) throw new Rejected('usage is not an object')
  if (usage['input_tokens'] === undefined && usage['output_tokens'] === undefined) {
    throw new Rejected('usage has no token counts')
  }
  const written = count(usage['cache_creation_input_tokens'])
  const split = isFields(usage['cache_creation']) ? usage['cache_creation'] : {}
  const cacheWrite1h = count(split['ephemeral_1h_input_tokens'])
  const cacheWrite5m = count(split['ephemeral_5m_input_tokens'])
  const web = isFields(usage['server_tool_use']) ? usage['server_tool_use'] : {}
  return {
    input: count(usage['input_tokens']),
    output: count(usage['output_tokens']),
    cacheRead: count(usage['cache_read_input_tokens']),
    cacheWrite5m: Math.max(cacheWrite5m, written - cacheWrite1h),
    cacheWrite1h,
    reasoning: 0,
    webSearches: count(web['web_search_requests']),
  }
}

function toolsOf(message: Fields, call: CallSeen): ClaudeLine['tools'] {
  const { content } = message
  if (!Array.isArray(content)) return []
  return content
    .filter((block: unknown) => isFields(block))
    .filter((block) => block['type'] === 'tool_use' || block['type'] === 'server_tool_use')
    .map((block, index) => ({
      key: keyOf(`claude-code ${string(block['id']) ?? `${call.key.a} ${call.key.b} ${index}`}`),
      tool: typeof block['name'] === 'string' ? name(block['name'], 'unknown') : 'unknown',
      command: isFields(block['input']) ? string(block['input']['command']) : undefined,
    }))
}

function sessionOf(path: string): string {
  return text(path.replace(/^.*\//, '').replace(/\.jsonl$/, ''))
}
