// Changes a document as fast as it can and says each count that the disk has, until it is killed.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openDocument } from '../../../src/daemon/store/document.ts'

interface Counter {
  readonly count: number
  readonly padding: string
}

const document = await openDocument<Counter>({
  path: join(process.argv[2]!, 'counter.json'),
  schema: 1,
  check: (data): data is Counter => typeof data === 'object' && data !== null,
  empty: { count: 0, padding: '' },
  onQuarantine: (quarantine) => process.stderr.write(`${JSON.stringify(quarantine)}\n`),
})
for (;;) {
  await document.update(({ count }) => ({ count: count + 1, padding: 'x'.repeat(50_000) }))
  writeSync(1, `${document.value.count}\n`)
}
