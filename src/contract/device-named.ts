// How a device is shown where its name alone might be another's.

/**
 * `laptop (90be01d7, 192.168.1.31)`: a name, the first digits of the id, and what else tells the device. The digits are said once: a
 * second device of one name has them in its name already.
 */
export function deviceNamed(name: string, id: string | null, ...more: readonly string[]): string {
  const short = id === null ? '' : id.slice(0, 8)
  if (name === '') return [short, ...more].join(', ')
  const beside = [bears(name, short) ? '' : short, ...more].filter((part) => part !== '')
  return beside.length === 0 ? name : `${name} (${beside.join(', ')})`
}

/** Whether a name says the first digits of its device's id. */
export function bears(name: string, short: string): boolean {
  return name === short || name.endsWith(` ${short}`)
}
