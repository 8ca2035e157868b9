// What doctor says of what runs: the version of tallyd, and the Node below it.
import type { Check } from './doctor.ts'

/** What package.json asks for. */
const NODE = [20, 19] as const

/** `node` as in process.versions: 20.19.2. */
export function checkVersion(version: string, node: string): Check {
  const subject = 'version'
  const says = `tallyd ${version}, Node ${node}`
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1]))
    return { level: 'ok', code: 'version', subject, says }
  const next = `install Node ${NODE.join('.')} or later, then restart tallyd`
  return { level: 'warning', code: 'nodeTooOld', subject, says, next }
}
