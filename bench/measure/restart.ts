// Restart on an indexed corpus: how soon the daemon is ready, and that it does not read the logs again.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../../src/contract/daemon.ts'
import { bytesRead, treeOf } from '../process-tree.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import type { Connection, Tallyd } from '../tallyd.ts'

export interface Restart {
  /** Milliseconds from spawning the daemon to its telling that it is ready. */
  readonly readyMs: Spread
  /**
   * Bytes that the daemon and its children read up to a second after being ready, by any read(2): its own code,
   * the checkpoint and its private copy, and whatever it read of logs.
   */
  readonly readBytes: Spread
  readonly checkpointBytes: number
  /** What a daemon on an empty home reads: its code, Node's own files. */
  readonly emptyReadBytes: number
}

/** `empty`: the same daemon on a home without logs. */
export async function measureRestart(tallyd: Tallyd, empty: Tallyd, runs: number): Promise<Restart> {
  empty.forget()
  await start(empty)
  const emptyReadBytes = (await start(empty)).read
  await start(tallyd)
  const readyMs: number[] = []
  const readBytes: number[] = []
  for (let run = 0; run < runs; run++) {
    const { ms, read } = await start(tallyd)
    readyMs.push(ms)
    readBytes.push(read)
  }
  const checkpointBytes = statSync(join(tallyd.at.tallydHome, 'checkpoint.bin')).size
  return { readyMs: spreadOf(readyMs), readBytes: spreadOf(readBytes), checkpointBytes, emptyReadBytes }
}

async function start(tallyd: Tallyd): Promise<{ ms: number; read: number }> {
  const begin = performance.now()
  const pid = tallyd.spawn()
  const connection = await tallyd.connect()
  await readyOver(connection)
  const ms = performance.now() - begin
  await sleep(1000)
  const read = bytesRead(treeOf(pid))
  connection.close()
  await tallyd.stop()
  return { ms, read }
}

async function readyOver(connection: Connection): Promise<void> {
  while (!(await connection.call<Status>('daemon.status')).ready) await sleep(1)
}
