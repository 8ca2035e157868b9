// The payloads of Codex's rollout files, as text, and the running totals that its token counts carry.
import { iso } from './calendar.ts'
import type { LogFile } from './log-file.ts'
import type { Random } from './random.ts'

/** Tokens of one request as Codex logs them: `input` includes `cached`, `output` includes `reasoning`. */
export interface CodexTokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

/** One line without its time: what a fork copies. */
export interface CodexItem {
  readonly type: string
  readonly payload: string
}

export const NO_TOKENS: CodexTokens = { input: 0, cached: 0, output: 0, reasoning: 0 }

export function sum(a: CodexTokens, b: CodexTokens): CodexTokens {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  }
}

export interface SessionMeta {
  readonly id: string
  /** The session that this one continues from. */
  readonly forkedFrom: string | null
  readonly spawned: boolean
  readonly startedAt: string
  readonly folder: string
  readonly instructions: string
  readonly commit: string
}

export function sessionMeta(meta: SessionMeta): CodexItem {
  const { id, forkedFrom } = meta
  const source = meta.spawned
    ? `{"subagent":{"thread_spawn":{"parent_thread_id":"${forkedFrom}","depth":1}}}`
    : '"cli"'
  const fork = forkedFrom === null ? '' : `"forked_from_id":"${forkedFrom}",`
  const payload = `{"id":"${id}","session_id":"${id}",${fork}"timestamp":"${meta.startedAt}","cwd":"${meta.folder}","originator":"codex_cli_rs","cli_version":"0.131.0","source":${source},"model_provider":"openai","base_instructions":{"text":"${meta.instructions}"},"git":{"commit_hash":"${meta.commit}","branch":"main"}}`
  return { type: 'session_meta', payload }
}

export function turnContext(turn: string, folder: string, model: string, instructions: string): CodexItem {
  const payload = `{"turn_id":"${turn}","cwd":"${folder}","approval_policy":"on-request","sandbox_policy":{"type":"workspace-write"},"model":"${model}","effort":"high","summary":"auto","user_instructions":"${instructions}"}`
  return { type: 'turn_context', payload }
}

export const event = (payload: string): CodexItem => ({ type: 'event_msg', payload })
export const response = (payload: string): CodexItem => ({ type: 'response_item', payload })

const usage = ({ input, cached, output, reasoning }: CodexTokens): string =>
  `{"input_tokens":${input},"cached_input_tokens":${cached},"output_tokens":${output},"reasoning_output_tokens":${reasoning},"total_tokens":${input + output}}`

export function tokenCount(total: CodexTokens, last: CodexTokens, limits: string): CodexItem {
  return event(
    `{"type":"token_count","info":{"total_token_usage":${usage(total)},"last_token_usage":${usage(last)},"model_context_window":400000},"rate_limits":${limits}}`,
  )
}

/** Codex tells its limits before the first request: no tokens yet. */
export function tokenCountWithoutInfo(limits: string): CodexItem {
  return event(`{"type":"token_count","info":null,"rate_limits":${limits}}`)
}

/** `at` in ms. */
export function rateLimits(random: Random, at: number): string {
  const seconds = Math.floor(at / 1000)
  return `{"limit_id":"codex","limit_name":null,"primary":{"used_percent":${random.integer(0, 99)}.0,"window_minutes":300,"resets_at":${seconds + 9000}},"secondary":{"used_percent":${random.integer(0, 99)}.0,"window_minutes":10080,"resets_at":${seconds + 400_000}},"credits":null,"plan_type":"pro"}`
}

/** `at` in ms. */
export function writeItem(file: LogFile, { type, payload }: CodexItem, at: number): void {
  file.write(`{"timestamp":"${iso(at)}","type":"${type}","payload":${payload}}`, at)
}
