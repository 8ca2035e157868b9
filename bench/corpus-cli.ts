// Writes a corpus and its truth: node build/bench/corpus-cli.js --home DIR --mb 64 [--seed 1] [--end-day YYYY-MM-DD]
// [--days 270] [--codex-share 0.3]. The truth goes to DIR/expected.json.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generateCorpus } from './corpus.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    mb: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
    'end-day': { type: 'string', default: '2026-11-19' },
    days: { type: 'string', default: '270' },
    'codex-share': { type: 'string', default: '0.3' },
  },
})
if (values.home === undefined) throw new Error('--home DIR is missing')
const home = resolve(values.home)
const started = performance.now()
const truth = generateCorpus({
  home,
  megabytes: Number(values.mb),
  seed: Number(values.seed),
  endDay: values['end-day'],
  days: Number(values.days),
  codexShare: Number(values['codex-share']),
})
writeFileSync(join(home, 'expected.json'), `${JSON.stringify(truth, null, 1)}\n`)
const seconds = (performance.now() - started) / 1000
console.log(`${truth.files} files, ${(truth.bytes / 1e6).toFixed(0)} MB, ${seconds.toFixed(1)} s`)
console.log(JSON.stringify(truth.traps))
