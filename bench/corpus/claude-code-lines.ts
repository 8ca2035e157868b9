// The lines of Claude Code's session logs, put together as text: building 2 GB through JSON.stringify would take
// several times as long. Every value handed in is already escaped.
import { iso } from './calendar.ts'
import type { CallTokens } from './prices.ts'

export interface LineHead {
  readonly session: string
  readonly folder: string
  readonly version: string
  readonly sidechain: boolean
  /** Only in a subagent's file. */
  readonly agentId: string | null
}

export interface AssistantLine {
  readonly uuid: string
  readonly parent: string | null
  readonly at: number
  readonly messageId: string
  /** null: the log does not say. */
  readonly requestId: string | null
  readonly model: string
  readonly blocks: string
  readonly stopReason: string | null
  readonly tokens: CallTokens
  readonly webSearches: number
}

const quoted = (value: string | null): string => (value === null ? 'null' : `"${value}"`)

function opening(head: LineHead, type: string, parent: string | null): string {
  const agent = head.agentId === null ? '' : `,"agentId":"${head.agentId}"`
  return `{"parentUuid":${quoted(parent)},"isSidechain":${head.sidechain},"userType":"external","cwd":"${head.folder}","sessionId":"${head.session}","version":"${head.version}","gitBranch":"main"${agent},"type":"${type}"`
}

export function assistantLine(head: LineHead, line: AssistantLine): string {
  const { tokens } = line
  const cacheWrites = tokens.cacheWrite5m + tokens.cacheWrite1h
  const usage = `{"input_tokens":${tokens.input},"cache_creation_input_tokens":${cacheWrites},"cache_read_input_tokens":${tokens.cacheRead},"cache_creation":{"ephemeral_5m_input_tokens":${tokens.cacheWrite5m},"ephemeral_1h_input_tokens":${tokens.cacheWrite1h}},"output_tokens":${tokens.output},"server_tool_use":{"web_search_requests":${line.webSearches},"web_fetch_requests":0},"service_tier":"standard","inference_geo":"not_available"}`
  const message = `{"model":"${line.model}","id":"${line.messageId}","type":"message","role":"assistant","content":[${line.blocks}],"stop_reason":${quoted(line.stopReason)},"stop_sequence":null,"usage":${usage}}`
  const request = line.requestId === null ? '' : `,"requestId":"${line.requestId}"`
  return `${opening(head, 'assistant', line.parent)},"message":${message}${request},"uuid":"${line.uuid}","timestamp":"${iso(line.at)}"}`
}

/** An answer that Claude Code made up itself, such as an API error: not a call. */
export function syntheticLine(
  head: LineHead,
  parent: string | null,
  uuids: [string, string],
  at: number,
): string {
  const usage =
    '{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},"service_tier":null,"cache_creation":{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":0}}'
  return `${opening(head, 'assistant', parent)},"message":{"id":"${uuids[0]}","model":"<synthetic>","role":"assistant","stop_reason":"stop_sequence","stop_sequence":"","type":"message","usage":${usage},"content":[{"type":"text","text":"API Error: 529 overloaded"}]},"isApiErrorMessage":true,"uuid":"${uuids[1]}","timestamp":"${iso(at)}"}`
}

export function promptLine(
  head: LineHead,
  parent: string | null,
  uuid: string,
  at: number,
  text: string,
): string {
  return `${opening(head, 'user', parent)},"message":{"role":"user","content":"${text}"},"uuid":"${uuid}","timestamp":"${iso(at)}"}`
}

export interface ToolResult {
  readonly toolUseId: string
  readonly content: string
  readonly failed: boolean
  /** JSON of `toolUseResult`. */
  readonly detail: string
}

export function toolResultLine(
  head: LineHead,
  parent: string | null,
  uuid: string,
  at: number,
  result: ToolResult,
): string {
  const failed = result.failed ? ',"is_error":true' : ''
  return `${opening(head, 'user', parent)},"message":{"role":"user","content":[{"tool_use_id":"${result.toolUseId}","type":"tool_result","content":"${result.content}"${failed}}]},"toolUseResult":${result.detail},"uuid":"${uuid}","timestamp":"${iso(at)}"}`
}

export function summaryLine(text: string, leaf: string): string {
  return `{"type":"summary","summary":"${text}","leafUuid":"${leaf}"}`
}

export function turnDurationLine(head: LineHead, uuid: string, at: number, ms: number): string {
  return `{"type":"system","subtype":"turn_duration","durationMs":${ms},"isSidechain":${head.sidechain},"sessionId":"${head.session}","uuid":"${uuid}","timestamp":"${iso(at)}"}`
}

export function snapshotLine(messageId: string, at: number): string {
  return `{"type":"file-history-snapshot","messageId":"${messageId}","snapshot":{"messageId":"${messageId}","trackedFileBackups":{},"timestamp":"${iso(at)}"},"isSnapshotUpdate":false}`
}
