// Writes Codex's logs: sessions, and forks that begin with a replay of everything their ancestors counted.
import { join } from 'node:path'
import { HOUR, iso } from './calendar.ts'
import { type CodexItem, sessionMeta, writeItem } from './codex-lines.ts'
import { CodexTurns, type Running } from './codex-turns.ts'
import type { LogFile } from './log-file.ts'
import { pauseBetweenTurns, pickLayout, type World, writeLog } from './world.ts'

const FORKABLE_KEPT = 10

/** A session as far as a fork may copy it. */
interface Forkable {
  readonly id: string
  /** The id of the session at the start of the chain. */
  readonly root: string
  readonly generation: number
  readonly end: number
  readonly meta: CodexItem
  /** Every item that a fork replays, ancestors' included. */
  readonly items: readonly CodexItem[]
  /** The state at the end of `items`. */
  readonly running: Running
}

export class CodexLogs {
  readonly #world: World
  #forkable: Forkable[] = []

  constructor(world: World) {
    this.#world = world
  }

  /** Writes one session of about `target` bytes; returns the bytes written. */
  writeSession(target: number): number {
    const { random, calendar, truth } = this.#world
    const parent = random.chance(0.2) ? (this.#forkable.shift() ?? null) : null
    const forks = parent !== null && !calendar.isOver(parent.end + HOUR)
    const start = forks ? parent.end + HOUR : calendar.sessionStart()
    if (forks) truth.trap(parent.generation > 0 ? 'codexForksOfForks' : 'codexForks')
    return this.#writeFile(start, target, forks ? parent : null)
  }

  #writeFile(start: number, target: number, parent: Forkable | null): number {
    const { random, text, folders } = this.#world
    const id = `019${random.hex(5)}-${random.hex(4)}-7${random.hex(3)}-8${random.hex(3)}-${random.hex(12)}`
    const folder = random.pick(folders)
    const meta = sessionMeta({
      id,
      forkedFrom: parent?.id ?? null,
      spawned: parent !== null && random.chance(0.5),
      startedAt: iso(start),
      folder,
      instructions: text.prose(18_000),
      commit: random.hex(40),
    })
    return writeLog(this.#world, this.#path(id, start), pickLayout(this.#world), (file) => {
      writeItem(file, meta, start)
      const turns = new CodexTurns(this.#world, file, folder, parent?.root ?? id, parent?.running ?? null)
      const begin = parent === null ? start : this.#replay(file, parent, start)
      const end = this.#writeTurns(turns, file, begin, target)
      this.#remember(
        turns,
        { id, root: parent?.root ?? id, generation: (parent?.generation ?? -1) + 1, end, meta },
        parent,
      )
    })
  }

  // A fork writes its ancestors' items again, at the time of the fork: same totals, new timestamps.
  #replay(file: LogFile, parent: Forkable, start: number): number {
    const { random, truth } = this.#world
    if (random.chance(0.5)) {
      truth.trap('codexForkedSessionMeta')
      writeItem(file, parent.meta, start)
    }
    const everything = random.chance(0.5)
    let at = start
    for (const item of parent.items) {
      const counts = item.payload.startsWith('{"type":"token_count"')
      if (!counts && !everything) continue
      if (counts) truth.trap('codexForkReplays')
      if (random.chance(0.1)) at++
      writeItem(file, item, at)
    }
    return at + 9000
  }

  #writeTurns(turns: CodexTurns, file: LogFile, start: number, target: number): number {
    const { random, calendar } = this.#world
    let at = start
    do {
      at = turns.write(at, target) + pauseBetweenTurns(random)
    } while (file.size < target && !calendar.isOver(at))
    return at
  }

  // A fork may leave from the middle: the parent went on, and both count what they did after it.
  #remember(turns: CodexTurns, session: Omit<Forkable, 'items' | 'running'>, parent: Forkable | null): void {
    const { random } = this.#world
    const point = random.pick(turns.forkPoints)
    if (!random.chance(0.5)) return
    const items = [...(parent?.items ?? []), ...turns.items.slice(0, point.items)]
    const forkable = { ...session, items, running: point.running }
    // A fork is put first now and then, so that forks of forks occur in small corpora.
    if (parent !== null && random.chance(0.7)) this.#forkable.unshift(forkable)
    else this.#forkable.push(forkable)
    if (this.#forkable.length > FORKABLE_KEPT) this.#forkable.pop()
  }

  #path(id: string, start: number): string {
    const { home, random, truth } = this.#world
    const time = iso(start)
    const name = `rollout-${time.slice(0, 19).replaceAll(':', '-')}-${id}.jsonl`
    if (random.chance(0.1)) {
      truth.trap('archivedFiles')
      return join(home, '.codex', 'archived_sessions', name)
    }
    return join(home, '.codex', 'sessions', time.slice(0, 4), time.slice(5, 7), time.slice(8, 10), name)
  }
}
