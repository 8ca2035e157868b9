// Which time zone the asker lives in, without Intl, which takes 9 ms to load.
import { readlinkSync } from 'node:fs'
import { TallyError } from '../../contract/errors.ts'

const LONGEST_NAME = 64

/** An IANA name from `asked`, else TZ, else the link of /etc/localtime; undefined leaves it to the daemon. */
export function timeZone(
  asked: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  localtime: () => string = () => readlinkSync('/etc/localtime'),
): string | undefined {
  if (asked !== undefined) {
    if (asked !== '' && asked.length <= LONGEST_NAME) return asked
    const says = asked === '' ? '--tz is empty' : `--tz is longer than any zone's name`
    throw new TallyError('wrongUsage', says, 'use an IANA name such as Europe/Berlin')
  }
  const fromEnv = ianaName(env['TZ'] ?? '')
  if (fromEnv !== undefined) return fromEnv
  try {
    return ianaName(localtime())
  } catch {
    return undefined
  }
}

// POSIX allows TZ=:Europe/Berlin, a path into the zone files, and rules such as CET-1CEST, which are no names.
function ianaName(text: string): string | undefined {
  const name = text.replace(/^:/, '').replace(/^.*zoneinfo\/(?:posix\/|right\/)?/, '')
  const isName =
    /^[A-Za-z][A-Za-z_]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(name) || /^[A-Z]{3}\d[A-Z]{3}$/.test(name)
  return isName && name.length <= LONGEST_NAME ? name : undefined
}
