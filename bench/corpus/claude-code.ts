// Writes Claude Code's logs: sessions with their subagents, sessions resumed from another, and side questions
// that replay the session's messages. docs/log-formats.md says which rule each trap exercises.
import { join } from 'node:path'
import { HOUR } from './calendar.ts'
import {
  type LineHead,
  promptLine,
  snapshotLine,
  summaryLine,
  turnDurationLine,
} from './claude-code-lines.ts'
import { ClaudeCodeTurns } from './claude-code-turns.ts'
import type { LogFile } from './log-file.ts'
import { pauseBetweenTurns, pickLayout, type World, writeLog } from './world.ts'

const VERSIONS = ['2.1.101', '2.1.118', '2.1.140'] as const
const RESUMABLE_KEPT = 20
const COPIED_LINES = 60

/** A finished session that a later one may resume. */
interface Resumable {
  readonly folder: string
  /** The root session's id. */
  readonly root: string
  readonly end: number
  readonly lines: readonly string[]
}

interface SessionPlan {
  readonly folder: string
  readonly id: string
  readonly root: string
  readonly start: number
  readonly target: number
  readonly resumes: Resumable | null
  /** A subagent's file beside the session's. */
  readonly subagent: boolean
}

interface Written {
  readonly bytes: number
  readonly end: number
  readonly copyable: readonly string[]
}

export class ClaudeCodeLogs {
  readonly #world: World
  #resumable: Resumable[] = []

  constructor(world: World) {
    this.#world = world
  }

  /** Writes one session of about `target` bytes and what belongs to it; returns the bytes written. */
  writeSession(target: number): number {
    const plan = this.#plan(target)
    const session = this.#writeFile(plan)
    const { random } = this.#world
    if (plan.resumes === null && random.chance(0.15) && session.copyable.length > 10) {
      this.#remember({ folder: plan.folder, root: plan.root, end: session.end, lines: session.copyable })
    }
    return session.bytes + this.#writeSubagents(plan, session.end) + this.#writeSideQuestion(plan, session)
  }

  #plan(target: number): SessionPlan {
    const { random, calendar, folders } = this.#world
    const id = random.uuid()
    const resumes = random.chance(0.06) ? (this.#resumable.shift() ?? null) : null
    if (resumes !== null && !calendar.isOver(resumes.end + HOUR)) {
      const { folder, root, end } = resumes
      return { folder, id, root, start: end + HOUR, target, resumes, subagent: false }
    }
    const start = calendar.sessionStart()
    return { folder: random.pick(folders), id, root: id, start, target, resumes: null, subagent: false }
  }

  #remember(session: Resumable): void {
    this.#resumable.push(session)
    if (this.#resumable.length > RESUMABLE_KEPT) this.#resumable.shift()
  }

  #writeSubagents(plan: SessionPlan, end: number): number {
    const { random, calendar } = this.#world
    if (!random.chance(0.25) || calendar.isOver(end)) return 0
    let bytes = 0
    for (let left = random.integer(1, 3); left > 0; left--) {
      const target = Math.min(plan.target * 0.3, random.logNormal(90_000, 0.8))
      bytes += this.#writeFile({ ...plan, start: end, target, resumes: null, subagent: true }).bytes
      this.#world.truth.trap('subagentFiles')
    }
    return bytes
  }

  // A question asked beside the conversation: its file replays messages that the session has, under new
  // request ids. They were paid once.
  #writeSideQuestion(plan: SessionPlan, session: Written): number {
    const { random, truth } = this.#world
    if (!random.chance(0.06) || session.copyable.length === 0) return 0
    const path = this.#subagentPath(plan, `agent-abtw${random.hex(12)}`)
    return writeLog(this.#world, path, 'compact', (file) => {
      for (const line of session.copyable.slice(0, 12)) {
        truth.trap('sidechainReplays')
        const replay = line
          .replace('"isSidechain":false', '"isSidechain":true')
          .replace(/"requestId":"[^"]+"/, `"requestId":"req_011C${random.letters(20)}"`)
        file.write(replay, session.end)
      }
    })
  }

  #writeFile(plan: SessionPlan): Written {
    const { random } = this.#world
    const agentId = plan.subagent ? `a${random.hex(16)}` : null
    const head: LineHead = {
      session: plan.id,
      folder: plan.folder,
      version: random.pick(VERSIONS),
      sidechain: plan.subagent,
      agentId,
    }
    const path = plan.subagent
      ? this.#subagentPath(plan, `agent-${agentId}`)
      : join(this.#projectPath(plan), `${plan.id}.jsonl`)
    let end = plan.start
    let copyable: string[] = []
    const bytes = writeLog(this.#world, path, pickLayout(this.#world), (file) => {
      if (plan.resumes !== null) this.#copyLines(plan.resumes, plan, file)
      const turns = new ClaudeCodeTurns(this.#world, head, plan.root, file, COPIED_LINES)
      end = this.#writeTurns(turns, head, file, plan)
      copyable = turns.copyable
    })
    return { bytes, end, copyable }
  }

  #copyLines(from: Resumable, plan: SessionPlan, file: LogFile): void {
    const { random, truth } = this.#world
    // A copy that stops inside a streamed message holds only the message's first, preliminary numbers.
    const partial = from.lines.findLastIndex((line) => line.includes('"stop_reason":null'))
    const stopsInside = partial >= 0 && random.chance(0.6)
    if (stopsInside) truth.trap('resumedPartialMessages')
    for (const line of stopsInside ? from.lines.slice(0, partial + 1) : from.lines) {
      truth.trap('resumedLines')
      file.write(line.replace(/"sessionId":"[^"]+"/, `"sessionId":"${plan.id}"`), plan.start)
    }
  }

  #writeTurns(turns: ClaudeCodeTurns, head: LineHead, file: LogFile, plan: SessionPlan): number {
    const { random, text, calendar } = this.#world
    let at = plan.start
    if (!plan.subagent && random.chance(0.5)) {
      const words = Array.from({ length: 5 }, () => text.word()).join(' ')
      file.write(summaryLine(words, random.uuid()), at)
    }
    do {
      const uuid = random.uuid()
      file.write(promptLine(head, turns.parent, uuid, at, text.prose(random.logNormal(180, 0.9))), at)
      at = turns.write(at + random.integer(800, 5000), uuid, plan.target)
      if (random.chance(0.15)) {
        file.write(turnDurationLine(head, random.uuid(), at, random.integer(9000, 900_000)), at)
      }
      if (random.chance(0.1)) file.write(snapshotLine(random.uuid(), at), at)
      at += pauseBetweenTurns(random)
    } while (file.size < plan.target && !calendar.isOver(at))
    return at
  }

  #projectPath(plan: SessionPlan): string {
    return join(this.#world.home, '.claude', 'projects', plan.folder.replaceAll('/', '-'))
  }

  #subagentPath(plan: SessionPlan, name: string): string {
    return join(this.#projectPath(plan), plan.id, 'subagents', `${name}.jsonl`)
  }
}
