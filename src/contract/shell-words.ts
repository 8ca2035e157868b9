// Words of a command that somebody is advised to run. A device names itself, and a path may hold anything: neither may end the quotes that it
// stands in (POSIX.1-2017, Shell Command Language 2.2.2).

/** In single quotes, whatever it is. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** As it is where no shell reads anything into it, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w./@+=:,-]+$/.test(word) ? word : quoted(word)
}
