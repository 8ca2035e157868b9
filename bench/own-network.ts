// A network of its own for a bench, with one interface on which multicast works: loopback has none, and the machine's own network is not
// to be asked.
import { spawnSync } from 'node:child_process'

/** The interface that a bench in a network of its own uses. */
export const INTERFACE = 'bench0'
/** Says that this process is in one. */
const MARK = 'TALLYD_BENCH_NETWORK'

const PLUGGED = `
ip link set lo up
ip link add ${INTERFACE} type veth peer name bench1
ip addr add 10.77.0.1/24 dev ${INTERFACE}
ip link set bench1 up
ip link set ${INTERFACE} up
exec "$@"
`

/**
 * Runs this very command in a network of its own and returns its exit status; null inside of it. Throws Error where that cannot be had: it
 * needs Linux, root, unshare (util-linux) and ip (iproute2).
 */
export function inOwnNetwork(): number | null {
  if (process.env[MARK] !== undefined) return null
  const words = ['--net', 'sh', '-ec', PLUGGED, 'sh', process.execPath, ...process.argv.slice(1)]
  const { status, error } = spawnSync('unshare', words, {
    stdio: 'inherit',
    env: { ...process.env, [MARK]: 'own' },
  })
  if (error !== undefined) throw new Error(`a network of its own needs unshare: ${error.message}`)
  return status ?? 1
}
