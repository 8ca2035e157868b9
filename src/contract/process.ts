// Tells one process from another that has the same number later: by when it started, and in which boot.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * A word for when process `pid` started; undefined if there is no such process, or only a dead one that its
 * parent has not collected yet. Linux: the 22nd field of /proc/PID/stat (proc(5)) and the boot's id; elsewhere
 * what ps says.
 */
export function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid)
}

function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets and may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const state = fields[0]
    const start = fields[19]
    if (start === undefined || state === 'Z' || state === 'X') return undefined
    return `${start}-${bootId()}`
  } catch {
    return undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
  } catch {
    return 'boot'
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
    const said = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env,
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    if (said === '' || said.startsWith('Z')) return undefined
    return said.replace(/^\S+\s+/, '').replaceAll(/[^A-Za-z0-9]+/g, '-')
  } catch {
    return undefined
  }
}
