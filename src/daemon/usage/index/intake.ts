// Takes in log files one after the other, in this process, with turns for others in between; knows which could not be read.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Ledger } from '../ledger/ledger.ts'
import { sourceOf } from '../sources/sources.ts'
import type { Unreadable } from './catalogue.ts'
import type { LogFile } from './log-file.ts'
import { LogReader } from './reader.ts'
import type { Failure } from './shared-jobs.ts'

/** Bytes read in a row before others have a turn. */
const TURN_BYTES = 4 << 20

export interface IntakeHears {
  /** Between two turns; true ends the intake. */
  onTurn(bytesDone: number): boolean
  /** A file was read; `rewound` if it was begun anew, since it is not the file that it was. */
  onRead(file: LogFile, rewound: boolean): void
  /** The file is not there. */
  onGone(file: LogFile): void
}

export class Intake {
  unreadable: readonly Unreadable[] = []
  readonly #reader = new LogReader()

  /** Reads the files to their ends. Every memory has to be awake. */
  async take(files: readonly LogFile[], ledger: Ledger, now: number, hears: IntakeHears): Promise<void> {
    let bytesDone = 0
    let unbroken = 0
    for (const file of files) {
      for (const bytes of this.#one(file, ledger, now, hears)) {
        bytesDone += bytes
        unbroken += bytes
        if (unbroken < TURN_BYTES) continue
        unbroken = 0
        await nextTurn()
        if (hears.onTurn(bytesDone)) return
      }
    }
  }

  note(agent: string, { path, code }: Failure): void {
    this.unreadable = [...this.unreadable.filter((each) => each.path !== path), { agent, path, code }]
  }

  *#one(file: LogFile, ledger: Ledger, now: number, hears: IntakeHears): Generator<number> {
    const { offset, agent, path } = file
    try {
      yield* this.#reader.read(file, { source: sourceOf(agent), now, sink: ledger.sinkOf(agent) })
      this.unreadable = this.unreadable.filter((each) => each.path !== path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      if (code === 'ENOENT') hears.onGone(file)
      else this.note(agent, { path, code })
    }
    hears.onRead(file, file.offset < offset)
  }
}
