// From a command line to an exit status. Each command's file is loaded only when it is asked for.
import { type Paths, pathsOf } from '../../contract/paths.ts'
import type { Daemon } from '../connection/daemon.ts'
import { Screen } from '../terminal/screen.ts'
import type { Command, Surrounding } from './command.ts'
import { type Asked, parse } from './parse.ts'
import { type CommandName, isRemote } from './table.ts'

/** What the scripts of completion.ts ask with; no command for people. */
const OFFER = '__complete'

const LOAD: Readonly<Record<CommandName, () => Promise<Command>>> = {
  '': async () => (await import('./glance.ts')).glance,
  usage: async () => (await import('./usage.ts')).usage,
  watch: async () => (await import('./watch.ts')).watch,
  quotas: async () => (await import('./quotas.ts')).quotas,
  budgets: async () => (await import('./budgets.ts')).budgets,
  plans: async () => (await import('./plans.ts')).plans,
  statusline: async () => (await import('./statusline.ts')).statusline,
  devices: async () => (await import('./devices.ts')).devices,
  'devices rename': async () => (await import('./devices.ts')).renameDevice,
  'devices unpair': async () => (await import('./devices.ts')).unpairDevice,
  'devices block': async () => (await import('./devices.ts')).blockDevice,
  'devices unblock': async () => (await import('./devices.ts')).unblockDevice,
  'devices forget': async () => (await import('./devices.ts')).forgetDevice,
  'devices grant': async () => (await import('./devices.ts')).grantRight,
  'devices ungrant': async () => (await import('./devices.ts')).ungrantRight,
  'devices merge': async () => (await import('./devices.ts')).mergeDevices,
  audit: async () => (await import('./audit.ts')).audit,
  'audit verify': async () => (await import('./audit.ts')).verifyAudit,
  invite: async () => (await import('./invite.ts')).invite,
  pair: async () => (await import('./pair.ts')).pair,
  requests: async () => (await import('./requests.ts')).requests,
  approve: async () => (await import('./approve.ts')).approve,
  deny: async () => (await import('./requests.ts')).deny,
  connect: async () => (await import('./connect.ts')).connect,
  login: async () => (await import('./login.ts')).login,
  whoami: async () => (await import('./whoami.ts')).whoami,
  logout: async () => (await import('./logout.ts')).logout,
  members: async () => (await import('./members.ts')).members,
  'members add': async () => (await import('./members.ts')).addMember,
  'members rename': async () => (await import('./members.ts')).renameMember,
  'members remove': async () => (await import('./members.ts')).removeMember,
  tokens: async () => (await import('./tokens.ts')).tokens,
  'tokens create': async () => (await import('./tokens.ts')).createToken,
  'tokens revoke': async () => (await import('./tokens.ts')).revokeToken,
  'tokens rotate': async () => (await import('./tokens.ts')).rotateTokens,
  'secrets send': async () => (await import('./send.ts')).sendSecret,
  'configs send': async () => (await import('./send.ts')).sendConfig,
  receive: async () => (await import('./receive.ts')).receive,
  share: async () => (await import('./share.ts')).share,
  preview: async () => (await import('./preview.ts')).preview,
  identity: async () => (await import('./identity.ts')).identity,
  'identity adopt': async () => (await import('./identity.ts')).adoptIdentity,
  'identity new': async () => (await import('./identity.ts')).newIdentity,
  secrets: async () => (await import('./secrets.ts')).secrets,
  'secrets add': async () => (await import('./secrets.ts')).addSecret,
  'secrets show': async () => (await import('./secrets.ts')).showSecret,
  'secrets edit': async () => (await import('./secrets.ts')).editSecret,
  'secrets rename': async () => (await import('./secrets.ts')).renameSecret,
  'secrets remove': async () => (await import('./secrets.ts')).removeSecret,
  configs: async () => (await import('./configs.ts')).configs,
  'configs add': async () => (await import('./configs.ts')).addConfig,
  'configs show': async () => (await import('./configs.ts')).showConfig,
  'configs edit': async () => (await import('./configs.ts')).editConfig,
  'configs rename': async () => (await import('./configs.ts')).renameConfig,
  'configs remove': async () => (await import('./configs.ts')).removeConfig,
  vault: async () => (await import('./vault.ts')).vault,
  'vault protect': async () => (await import('./vault.ts')).protectVault,
  'vault unlock': async () => (await import('./vault.ts')).unlockVault,
  'vault lock': async () => (await import('./vault.ts')).lockVault,
  web: async () => (await import('./web.ts')).web,
  'web cert': async () => (await import('./web.ts')).webCert,
  displays: async () => (await import('./displays.ts')).displays,
  'displays add': async () => (await import('./displays.ts')).addDisplay,
  'displays pair': async () => (await import('./displays-pair.ts')).pairDisplay,
  'displays remove': async () => (await import('./displays.ts')).removeDisplay,
  widgets: async () => (await import('./widgets.ts')).widgets,
  'widgets show': async () => (await import('./widgets.ts')).showWidget,
  'widgets install': async () => (await import('./widget-install.ts')).installWidget,
  sources: async () => (await import('./sources.ts')).sources,
  rescan: async () => (await import('./rescan.ts')).rescan,
  start: async () => (await import('./start.ts')).start,
  stop: async () => (await import('./stop.ts')).stop,
  status: async () => (await import('./status.ts')).status,
  service: async () => (await import('./service.ts')).service,
  'service install': async () => (await import('./service.ts')).installService,
  'service uninstall': async () => (await import('./service.ts')).uninstallService,
  'service status': async () => (await import('./service.ts')).service,
  'service logs': async () => (await import('./service-logs.ts')).serviceLogs,
  'service restart': async () => (await import('./service.ts')).restartService,
  doctor: async () => (await import('./doctor.ts')).doctor,
  paths: async () => (await import('./paths.ts')).paths,
  call: async () => (await import('./call.ts')).call,
  completion: async () => (await import('./completion.ts')).completion,
}

export interface Invocation {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly platform: string
  readonly program: string
}

/** Does what the command line says and returns the exit status; every error ends as a sentence on stderr. */
export async function run(
  { argv, env, home, platform, program }: Invocation,
  screen = new Screen(env, program),
): Promise<number> {
  if (argv[0] === OFFER) return offered(argv.slice(1), pathsOf({ env, home, platform }), screen)
  let command: CommandName = ''
  try {
    const asked = parse(argv)
    command = asked.command
    if (asked.has('version')) return await (await import('./version.ts')).version(program, screen)
    if (asked.has('help')) return await (await import('./help.ts')).help(asked.command, screen)
    const paths = pathsOf({ env, home, platform })
    const at: Surrounding = { env, paths, daemon: await daemonFor(asked, env, paths), program, screen }
    return await (await LOAD[asked.command]())(asked, at)
  } catch (error) {
    const { explained, failureOf } = await import('./failure.ts')
    const { sentence, exit } = failureOf(await explained(error, program), command)
    await screen.note(screen.typed(`tallyctl: ${sentence}`).replace(/^npx /, ''))
    return exit
  }
}

async function offered(words: readonly string[], paths: Paths, screen: Screen) {
  const { offer } = await import('./offer.ts')
  const { ownDaemon } = await import('../connection/control-socket.ts')
  return offer(words, ownDaemon(paths), screen)
}

/** The daemon that `--host` names, or the one of this user on this machine. */
async function daemonFor(asked: Asked, env: Invocation['env'], paths: Paths): Promise<Daemon> {
  const host = isRemote(asked.command) ? asked.value('host') : undefined
  if (host === undefined) return (await import('../connection/control-socket.ts')).ownDaemon(paths)
  const { hostDaemon } = await import('../remote/host.ts')
  return hostDaemon({ host, pin: asked.value('pin'), tokenFile: asked.value('token-file') }, env, paths)
}
