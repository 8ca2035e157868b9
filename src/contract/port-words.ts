// What is said of a port that something else has. Which program that is only the system's own tools may tell.

/** The command that shows who listens on the port that `problem` names; null where it names none. */
export function whoHasPort(problem: string, platform: string = process.platform): string | null {
  const port = /\b\d{1,5}\b/.exec(problem)?.[0]
  if (port === undefined) return null
  return platform === 'darwin' ? `lsof -nP -iTCP:${port} -sTCP:LISTEN` : `ss -ltnp 'sport = :${port}'`
}
