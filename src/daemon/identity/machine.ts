// Which machine this is: by that a copied disk or home is told from the one that it was copied from.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** machine-id(5): the second is where older systems keep it. */
const FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']
const IOREG_WAITS_MS = 5_000

/** The machine's id; null where it has none. Never rejects. Passed in, so that tests can be other machines. */
export type MachineId = () => Promise<string | null>

/** Linux: machine-id(5). macOS: the platform's UUID. Others: null. */
export function machineIdOf(platform: string): MachineId {
  if (platform === 'linux') return linuxMachineId
  if (platform === 'darwin') return macMachineId
  return async () => null
}

async function linuxMachineId(): Promise<string | null> {
  for (const file of FILES) {
    const text = await readFile(file, 'latin1').catch(() => '')
    const id = text.trim()
    // "uninitialized" stands there during the first boot; an id of zeros is none.
    if (/^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id)) return id
  }
  return null
}

async function macMachineId(): Promise<string | null> {
  try {
    const words = ['-rd1', '-c', 'IOPlatformExpertDevice']
    const { stdout } = await promisify(execFile)('/usr/sbin/ioreg', words, { timeout: IOREG_WAITS_MS })
    return platformUuidIn(stdout)
  } catch {
    return null
  }
}

/** The UUID in what `ioreg -rd1 -c IOPlatformExpertDevice` prints. */
export function platformUuidIn(printed: string): string | null {
  const found = /"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f-]{36})"/.exec(printed)
  return found?.[1]?.toLowerCase() ?? null
}

/**
 * What an identity records of the machine that it belongs to. The id itself is not to be told to others (machine-id(5)),
 * and with the fingerprint in the hash two identities of one machine cannot be linked by it.
 */
export function machineMark(machineId: string | null, fingerprint: string): string | null {
  if (machineId === null) return null
  return createHash('sha256').update(`tallyd/machine/1\0${fingerprint}\0${machineId}`).digest('hex')
}
