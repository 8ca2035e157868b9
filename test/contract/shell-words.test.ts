// What is advised for a shell is one word of it, whatever a device calls itself. Run in a real shell.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { quoted, shellWord } from '../../src/contract/shell-words.ts'

t.test('each is the word that it was', async (t) => {
  for (const word of [
    'laptop',
    "Ann's laptop",
    "x'; echo stolen; '",
    '$(echo stolen)',
    '`echo stolen`',
    'a b',
    'a\nb',
    '"',
    '\\',
    '*',
    '~',
    '',
    '#x',
  ]) {
    for (const said of [quoted(word), shellWord(word)]) {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${said}`], { encoding: 'utf8', env: {} })
      t.equal(stdout, word, JSON.stringify(said))
    }
  }
  t.equal(shellWord('/usr/bin/node'), '/usr/bin/node')
})
