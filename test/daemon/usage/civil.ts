// What the clocks of a zone show, asked of Intl for every moment on its own: slow, simple, and not the code under test.
export class CivilClock {
  readonly #format: Intl.DateTimeFormat

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  }

  at(ms: number): { date: string; hour: string; minute: string } {
    const [date, time] = this.#format.format(ms).split(' ') as [string, string]
    const [hour, minute] = time.split(':') as [string, string]
    return { date, hour, minute }
  }
}
