// Which format an Accept header gets.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { formatFor } from '../../../src/daemon/sinks/format.ts'

const OPEN = 'application/openmetrics-text'

t.test('what scrapers send', async (t) => {
  const matrix: readonly [string | undefined, 'classic' | 'openmetrics'][] = [
    [undefined, 'classic'],
    ['', 'classic'],
    ['*/*', 'classic'],
    ['text/html, */*', 'classic'],
    ['application/json', 'classic'],
    ['text/plain;version=0.0.4', 'classic'],
    // As Prometheus 2 and 3 do.
    [
      `${OPEN};version=1.0.0,${OPEN};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
      'openmetrics',
    ],
    [
      `${OPEN};version=1.0.0;q=0.5,${OPEN};version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
      'openmetrics',
    ],
    [
      `${OPEN};version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
      'openmetrics',
    ],
    // A Prometheus that is told to prefer classic text, or to send it alone.
    [`text/plain;version=0.0.4;q=0.6,${OPEN};version=1.0.0;q=0.5,*/*;q=0.2`, 'classic'],
    [OPEN, 'openmetrics'],
    [`${OPEN}; version="1.0.0"; charset=utf-8`, 'openmetrics'],
    [` ${OPEN.toUpperCase()} ; Version=1.0.0 ; Q=0.1 `, 'openmetrics'],
    [`${OPEN};version=0.0.1`, 'classic'],
    [`${OPEN};version=2.0.0`, 'classic'],
    [`${OPEN};q=0`, 'classic'],
    [`${OPEN};q=0, */*`, 'classic'],
    [`${OPEN};q=0.4, text/*;q=0.5`, 'classic'],
    [`${OPEN};q=0.5, text/plain;q=0.2, */*`, 'openmetrics'],
    [`${OPEN};q=2`, 'classic'],
    [`${OPEN};q=-1`, 'classic'],
    [`${OPEN};q=NaN`, 'classic'],
    [`${OPEN};q=0.1234`, 'classic'],
    [`${OPEN},${'x'.repeat(3_000)}`, 'classic'],
    [';;;,,=,', 'classic'],
  ]
  for (const [accept, format] of matrix) t.equal(formatFor(accept), format, String(accept).slice(0, 80))
})

t.test('always: whatever stands there is one of the two', async () => {
  const parts = fc.constantFrom(
    OPEN,
    'text/plain',
    '*/*',
    ';',
    ',',
    'q=',
    'version=',
    '1.0.0',
    '0.5',
    '"',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(parts).map((all) => all.join('')),
      ),
      (accept) => assert.ok(['classic', 'openmetrics'].includes(formatFor(accept))),
    ),
  )
})
