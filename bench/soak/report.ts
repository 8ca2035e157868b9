// What came out of a soak, as a person reads it.
import { table } from '../report.ts'
import { median } from '../statistics.ts'
import { countOf, growthOf, type Sample } from './samples.ts'
import type { SoakResult } from './soak.ts'

export function soakReport(result: SoakResult): string {
  const { seed, minutes, rounds, calls, troubles, subscribers, connections, values, missed, samples } = result
  const troubled = Object.entries(troubles).map(([name, count]) => `${count} times ${name}`)
  return [
    `${rounds} rounds in ${minutes.toFixed(1)} minutes, seed ${seed}: ${calls} calls, exact on all devices after every round`,
    troubled.join(', '),
    `${subscribers} subscribers connected ${connections} times and got ${values} values; ${missed} times one did not get the last value`,
    table(
      [
        'at rest',
        'samples',
        'first MB',
        'third before the last',
        'last third',
        'grown',
        'descriptors',
        'most',
      ],
      samples.map((each, at) => row(`device-${at}${at === 0 ? ', never restarted' : ''}`, each)),
    ),
  ].join('\n')
}

function row(name: string, samples: readonly Sample[]): string[] {
  const third = Math.floor(samples.length / 3)
  const megabytes = samples.map(({ residentBytes }) => residentBytes / 1e6)
  const open = samples.map(({ descriptors }) => countOf(descriptors))
  return [
    name,
    String(samples.length),
    megabytes[0]!.toFixed(1),
    third === 0 ? '-' : median(megabytes.slice(-2 * third, -third)).toFixed(1),
    third === 0 ? '-' : median(megabytes.slice(-third)).toFixed(1),
    third === 0 ? '-' : `${((growthOf(samples) - 1) * 100).toFixed(1)} %`,
    `${open[0]} to ${open.at(-1)}`,
    String(Math.max(...open)),
  ]
}
