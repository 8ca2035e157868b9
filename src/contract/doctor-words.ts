// The stable words of what doctor finds. docs/doctor.md explains each; a report for a bug has nothing of a finding but its word.

export const LEVELS = ['ok', 'warning', 'broken'] as const

/** In the order of the report; the first word of a line is that of a part that is well. */
export const CHECK_CODES = [
  ...['controlSocket', 'controlSocketExposed', 'controlSocketSlow', 'socketPathTooLong'],
  ...['runFolder', 'runFolderUnsafe', 'runUnwritable', 'stateFolder', 'stateFolderUnsafe', 'stateUnwritable'],
  ...['permissions', 'fileExposed', 'fileForeign', 'fileOdd'],
  ...['disk', 'diskLow', 'diskFull', 'inodesLow', 'diskUnknown'],
  ...['clock', 'clockBehind', 'clockSet', 'clockOfDevice', 'clockOfOthers'],
  ...['descriptors', 'descriptorsLow', 'descriptorsUsedUp'],
  ...['config', 'configIgnored', 'configChanged', 'configRefused', 'configUnreadable'],
  ...['sources', 'sourcesMissing', 'linesRejected', 'logsUnreadable', 'logFolder', 'logFolderMissing'],
  ...['watching', 'watchingFailed', 'watchesScarce'],
  ...['checkpoint'],
  ...['identity', 'identityUnreadable', 'identityCopied'],
  ...['sharing', 'sharingOff', 'sharingFailed'],
  ...['device', 'devicePaired', 'deviceNotPaired', 'deviceBlocked', 'deviceOneWay', 'deviceAddress'],
  ...['deviceConnection', 'deviceTls', 'deviceCertificate', 'deviceToken', 'deviceClock', 'deviceVersion'],
  ...['noAddress', 'unreachable', 'refusedThere', 'noRoute', 'noSuchHost', 'silent', 'silentTls'],
  ...['notTallyd', 'wrongCertificate', 'halfPaired', 'unpairedThere', 'badAnswer', 'newerVersion'],
  ...['turnedAway'],
  ...['discovery', 'discoveryOff', 'discoveryIdle', 'discoveryAlone', 'discoveryContested'],
  ...['interfaceUnusable', 'interfaceDeaf', 'interfaceFlooded', 'interfacesMissing', 'noNetwork'],
  ...['seenFromOutside', 'unseenFromOutside'],
  ...['web', 'webOff', 'webFailed', 'webUnnamed', 'plainHttpAlone'],
  ...['login', 'loginLeaving', 'loginUnused'],
  ...['vault', 'vaultLocked', 'vaultExposed', 'vaultUnreadable'],
  ...['sameLogs', 'sameLogsFound'],
  ...['incidents', 'incidentsUnwritten', 'checkupFailed'],
  ...['documentMissing', 'documentQuarantined', 'copyUnreadable', 'copyUnwritten', 'auditUnwritten'],
  ...['tokensUnreadable', 'loginsUnreadable', 'alertsUnreadable', 'quotasUnreadable'],
  ...['devicesUnreadable', 'webPortUnreadable'],
  ...['checkpointUnwritable', 'checkpointUnreadable', 'indexerFailed', 'countingFailed'],
  ...['removedWhileRunning', 'vaultKeyLeft', 'tokenShownUnencrypted', 'notNotified'],
  ...['firewall', 'firewallInTheWay'],
  ...['version', 'versionsDiffer', 'installedTwice', 'nodeTooOld'],
  ...['endedBadly', 'notStarted', 'noAnswer', 'otherRunFolder'],
  ...['service', 'serviceAbsent', 'serviceStopped', 'serviceOfAnother', 'serviceDisabled'],
  ...['serviceOutdated', 'serviceNode', 'serviceUnknown'],
] as const

export type CheckCode = (typeof CHECK_CODES)[number]
