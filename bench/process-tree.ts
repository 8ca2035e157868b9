// What a process and its children use, as Linux' /proc tells it.
import { readdirSync, readFileSync } from 'node:fs'

const CLOCK_TICKS_PER_SECOND = 100

/** `pid` and everything below it that lives now. */
export function treeOf(pid: number): number[] {
  const pids = [pid]
  for (const parent of pids) pids.push(...childrenOf(parent))
  return pids
}

/** Bytes of memory of the whole tree; shared pages are divided among those who share them (PSS). */
export function proportionalMemory(pids: readonly number[]): number {
  return total(pids, (pid) => kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') * 1024)
}

/** Resident bytes, summed over the tree. */
export function residentMemory(pids: readonly number[]): number {
  return total(pids, (pid) => kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024)
}

/** Bytes that one process held resident at its fullest; 0 if it is gone. */
export function highWater(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmHWM') * 1024
}

/** Seconds of processor time of the living tree. */
export function processorSeconds(pids: readonly number[]): number {
  return total(pids, (pid) => {
    // After the name, which may contain spaces: fields 14 and 15 of proc_pid_stat(5) are utime and stime.
    const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / CLOCK_TICKS_PER_SECOND
  })
}

/** Bytes that the living tree asked to read, from disk or cache, files and sockets alike. */
export function bytesRead(pids: readonly number[]): number {
  return total(pids, (pid) => Number(/^rchar: (\d+)/.exec(read(`/proc/${pid}/io`))?.[1] ?? 0))
}

export interface MemoryPeak {
  /** Highest sum of PSS over the tree at one moment, in bytes. */
  readonly peakBytes: number
  /** Sum of each process' own highest resident size, in bytes: never below the true peak. */
  readonly highWaterBytes: number
  readonly processes: number
  readonly samples: number
}

/** Samples the tree's memory every 5 ms until stopped. Not to be used in runs that are timed. */
export function watchMemory(pid: number): { stop: () => MemoryPeak } {
  const highWaters = new Map<number, number>()
  let peakBytes = 0
  let samples = 0
  const sample = () => {
    const pids = treeOf(pid)
    for (const each of pids) highWaters.set(each, Math.max(highWaters.get(each) ?? 0, highWater(each)))
    peakBytes = Math.max(peakBytes, proportionalMemory(pids))
    samples++
  }
  const timer = setInterval(sample, 5)
  return {
    stop: () => {
      clearInterval(timer)
      const highWaterBytes = [...highWaters.values()].reduce((a, b) => a + b, 0)
      return { peakBytes, highWaterBytes, processes: highWaters.size, samples }
    },
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).trim().split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(file))?.[1] ?? 0)
}

function total(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((sum, pid) => sum + of(pid), 0)
}

// A process may end between being listed and being read.
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
