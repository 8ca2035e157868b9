// The environment that every contestant gets: the corpus as home, no network, nothing of the user's.

export interface Surroundings {
  /** The corpus. */
  readonly home: string
  /** tallyd's own folder for this run. */
  readonly tallydHome: string
}

/**
 * NODE_EXTRA_CA_CERTS is left out because it adds 30 ms to every Node start. The proxy that does not exist keeps
 * codeburn from the network, which it has no option for.
 */
export function environment({ home, tallydHome }: Surroundings): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TALLYD_HOME: tallydHome,
    TZ: 'UTC',
    NO_COLOR: '1',
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
  }
}
