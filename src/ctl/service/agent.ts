// The text of the launchd agent, and the words of launchctl(1). Pure, because nobody has run them on a Mac yet.
import { TallyError } from '../../contract/errors.ts'
import { filled } from './file.ts'
import type { Installation } from './installation.ts'

export const LABEL = 'com.tallyd.agent'

export function agentText(template: string, { node, daemon, env, log }: Installation): string {
  const exec = [node, daemon].map((each) => `\t\t<string>${xml(each)}</string>`)
  const environment = Object.entries(env).map(
    ([name, value]) => `\t\t<key>${xml(name)}</key>\n\t\t<string>${xml(value)}</string>`,
  )
  return filled(template, { exec: exec.join('\n'), environment: environment.join('\n'), log: xml(log) })
}

/** What has to be the same in an agent that is not outdated: all but the settings of the shell that installed it. */
export function withoutSettings(text: string): string {
  return text.replace(/(<key>EnvironmentVariables<\/key>\s*<dict>)[\s\S]*?(<\/dict>)/, '$1$2')
}

/** As the content of an element. Throws TallyError serviceRefused for what XML 1.0 §2.2 cannot hold. */
export function xml(text: string): string {
  if (/[\0-\x08\x0a-\x1f\x7f\ufffe\uffff]/.test(text)) {
    const shown = JSON.stringify(text)
    throw new TallyError(
      'serviceRefused',
      `${shown} cannot stand in a plist`,
      'choose a path without control characters',
    )
  }
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

type Verb = 'bootstrap' | 'bootout' | 'print' | 'kickstart' | 'restart' | 'enable'

/** For the user of this number; `path` is the agent's file. */
export function launchctlWords(verb: Verb, uid: number, path: string): readonly [string, ...string[]] {
  const domain = `gui/${uid}`
  const target = `${domain}/${LABEL}`
  if (verb === 'bootstrap') return ['launchctl', 'bootstrap', domain, path]
  if (verb === 'restart') return ['launchctl', 'kickstart', '-k', target]
  return ['launchctl', verb, target]
}

/** What `launchctl print` says of state and process; its form is not promised, so both may be unknown. */
export function printed(out: string): { readonly state: string | null; readonly pid: number | null } {
  const state = /^\s*state = (.+)$/m.exec(out)?.[1]?.trim() ?? null
  const pid = Number(/^\s*pid = (\d+)$/m.exec(out)?.[1] ?? 0)
  return { state, pid: pid > 0 ? pid : null }
}
