// The formats of the metrics, and which one a scraper wants. Without prom-client: it is asked before that is loaded.

export type Format = 'classic' | 'openmetrics'

export const CONTENT_TYPES = {
  classic: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const satisfies Readonly<Record<Format, string>>

/** Longer ones are not read; Prometheus sends 200 characters. */
const LONGEST = 2_000

/**
 * By an Accept header: OpenMetrics where it is named, in version 1.0.0 or none, and at least as welcome as classic text. Anything
 * else, a header that cannot be read included, gets classic text: a scraper that is refused shows nothing at all.
 */
export function formatFor(accept: string | undefined): Format {
  if (accept === undefined || accept.length > LONGEST) return 'classic'
  const ranges = accept.split(',').map(rangeOf)
  const best = (fits: (range: MediaRange) => boolean): number | undefined => {
    const qualities = ranges.filter(fits).map(({ quality }) => quality)
    return qualities.length === 0 ? undefined : Math.max(...qualities)
  }
  const open = best(
    ({ type, version }) => type === 'application/openmetrics-text' && (version ?? '1.0.0') === '1.0.0',
  )
  if (open === undefined || open === 0) return 'classic'
  // RFC 9110 §12.5.1: the most specific range that fits is what counts.
  const named = best(({ type, version }) => type === 'text/plain' && (version ?? '0.0.4') === '0.0.4')
  const classic = named ?? best(({ type }) => type === 'text/*') ?? best(({ type }) => type === '*/*') ?? 0
  return open >= classic ? 'openmetrics' : 'classic'
}

interface MediaRange {
  readonly type: string
  readonly version: string | undefined
  /** 0 to 1; 0 where it cannot be read. */
  readonly quality: number
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase())
  const parameters = new Map(
    rest.map((part): [string, string] => {
      const at = part.indexOf('=')
      return at < 0
        ? [part, '']
        : [
            part.slice(0, at).trim(),
            part
              .slice(at + 1)
              .trim()
              .replaceAll('"', ''),
          ]
    }),
  )
  const given = parameters.get('q') ?? '1'
  const quality = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(given) ? Number(given) : 0
  return { type, version: parameters.get('version'), quality }
}
