// The one table of errors: what went over the wire, how the client exits, and what to do next.
// Plain data without TypeBox, because the client bundles it.

/** Exit statuses of `tallyctl` and `tallyd`. 0 means that it happened. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  noDaemon: 3,
  timeout: 4,
  refused: 5,
  alreadyRunning: 6,
} as const

interface ErrorRow {
  /** JSON-RPC 2.0 code; application codes are -32000 to -32099 (JSON-RPC 2.0 §5.1). */
  readonly code: number
  readonly exit: number
  /** One sentence that says what happened; details are appended to it. */
  readonly says: string
  /** What to do next. */
  readonly next: string
}

export const ERRORS = {
  parseError: {
    code: -32700,
    exit: 1,
    says: 'the request is not JSON',
    next: 'send one JSON object or array',
  },
  invalidRequest: {
    code: -32600,
    exit: 1,
    says: 'the request is not a JSON-RPC 2.0 request',
    next: 'send {"jsonrpc":"2.0","id":1,"method":"daemon.status"}',
  },
  methodNotFound: {
    code: -32601,
    exit: 2,
    says: 'there is no such method',
    next: 'docs/rpc.md lists every method; `tallyctl call daemon.hello` lists those of this daemon',
  },
  invalidParams: {
    code: -32602,
    exit: 2,
    says: 'the parameters do not fit the method',
    next: 'see the method in docs/rpc.md',
  },
  internalError: {
    code: -32603,
    exit: 1,
    says: 'the daemon failed at this',
    next: 'run: tallyctl doctor',
  },
  timedOut: {
    code: -32001,
    exit: 4,
    says: 'the daemon took too long',
    next: 'try again, or run: tallyctl doctor',
  },
  notAllowed: {
    code: -32002,
    exit: 5,
    says: 'this asker may not call this method',
    next: 'ask on the control socket as the owner',
  },
  needsSubscription: {
    code: -32003,
    exit: 2,
    says: 'subscriptions need a WebSocket',
    next: 'open GET /rpc as a WebSocket',
  },
  tooMany: { code: -32004, exit: 1, says: 'too many at once', next: 'close some and try again' },
  unknownTimeZone: {
    code: -32005,
    exit: 2,
    says: 'no such time zone',
    next: 'use an IANA name such as Europe/Berlin',
  },
  invalidRange: {
    code: -32006,
    exit: 2,
    says: 'the range cannot be read',
    next: 'use YYYY-MM-DD, an RFC 3339 time, or a number of days back such as 7d',
  },
  stateUnwritable: {
    code: -32007,
    exit: 1,
    says: 'the state folder cannot be written',
    next: 'free disk space or mend its permissions, then run: tallyctl doctor',
  },
  stateUnreadable: {
    code: -32019,
    exit: 1,
    says: 'a state file cannot be read',
    next: 'mend its permissions or look at the disk, then run: tallyctl doctor',
  },
  deviceBlocked: {
    code: -32020,
    exit: 5,
    says: 'that device is blocked here',
    next: 'tallyctl devices unblock NAME, then try again',
  },
  portTaken: {
    code: -32008,
    exit: 1,
    says: 'the port is taken',
    next: 'set lan.port in the config file to a free one, then restart tallyd',
  },
  clonedIdentity: {
    code: -32009,
    exit: 5,
    says: 'the identity in this home was made on another machine',
    next: 'if the home was moved here, run: tallyctl identity adopt; if it was copied, run: tallyctl identity new',
  },
  unreachable: {
    code: -32011,
    exit: 1,
    says: 'no answer',
    next: 'check that both are in one network and that no firewall closes the port',
  },
  notTallyd: {
    code: -32012,
    exit: 1,
    says: 'what answers there is not tallyd',
    next: 'check the address and the port; on the other device, tallyctl status shows them',
  },
  wrongCode: {
    code: -32013,
    exit: 5,
    says: 'the code is not the one that is shown there, or something is between the two devices',
    next: 'look at the code and try again; after three attempts it is dead, and a new one is needed',
  },
  notInvited: {
    code: -32014,
    exit: 5,
    says: 'that device is not open for pairing by code',
    next: 'there, run: tallyctl invite',
  },
  pairingFailed: {
    code: -32015,
    exit: 1,
    says: 'the pairing did not succeed',
    next: 'nothing was kept; run it again',
  },
  noSuchRequest: {
    code: -32022,
    exit: 2,
    says: 'there is no such request',
    next: 'tallyctl requests lists what waits',
  },
  needsDigits: {
    code: -32023,
    exit: 2,
    says: 'a comparison needs the number',
    next: 'compare it with the one on the other screen, then run: tallyctl approve --digits NUMBER',
  },
  wrongDigits: {
    code: -32021,
    exit: 5,
    says: 'that is not the number that this device shows, so the pairing was ended',
    next: 'if the two screens showed different numbers, something is between the devices; else begin again',
  },
  needsUserCode: {
    code: -32024,
    exit: 2,
    says: 'an enrolment needs the code that the client shows',
    next: 'read it off the screen of what wants to enrol, then run: tallyctl approve CODE --new-member NAME',
  },
  noSuchCode: {
    code: -32025,
    exit: 5,
    says: 'no enrolment has that code',
    next: 'read it off the screen of the client again; tallyctl requests lists who is waiting',
  },
  codesPaused: {
    code: -32026,
    exit: 5,
    says: 'too many wrong codes',
    next: 'wait a while, then type the code that the client shows; on the device itself nothing is paused',
  },
  linkUsed: {
    code: -32027,
    exit: 5,
    says: 'this link was used already',
    next: 'if that was not you, deny the request; else type the code that the client shows',
  },
  linkExpired: {
    code: -32028,
    exit: 5,
    says: 'this link has expired',
    next: 'let the client begin again',
  },
  needsMember: {
    code: -32029,
    exit: 2,
    says: 'whose token it will be has to be said',
    next: 'say --member NAME, or --new-member NAME for one that does not exist yet',
  },
  noSuchMember: {
    code: -32030,
    exit: 2,
    says: 'there is no such member',
    next: 'tallyctl members lists them; --new-member adds one',
  },
  memberExists: {
    code: -32031,
    exit: 2,
    says: 'there is a member of that name already',
    next: 'choose another name, or say --member NAME to give it one more token',
  },
  noSuchToken: {
    code: -32032,
    exit: 2,
    says: 'there is no such token',
    next: 'tallyctl tokens lists them; it is named by its id',
  },
  lastAdmin: {
    code: -32033,
    exit: 5,
    says: 'that is the last token that may manage the others',
    next: 'if that is meant, say --force; on the device itself the owner needs no token',
  },
  scopeTooWide: {
    code: -32034,
    exit: 5,
    says: 'nobody grants more than they have',
    next: 'grant less, or let the owner do it: tallyctl approve on the device itself',
  },
  selfApproval: {
    code: -32035,
    exit: 5,
    says: 'who asks cannot say yes to itself',
    next: 'approve it from another device, or as the owner',
  },
  claimedByOther: {
    code: -32036,
    exit: 5,
    says: 'that device is claimed by another member',
    next: 'let it log out first, or ask again with --takeover, to which only the owner can say yes',
  },
  unauthorized: {
    code: -32037,
    exit: 5,
    says: 'there is no token that is valid here',
    next: 'run: tallyctl connect URL',
  },
  webClosed: {
    code: -32038,
    exit: 1,
    says: 'the web listener is not open',
    next: 'tallyctl status says why',
  },
  untrustedServer: {
    code: -32039,
    exit: 5,
    says: 'the certificate of that server is not one that is trusted',
    next: 'there, run: tallyctl web cert; here, say --pin with the pin that it prints',
  },
  notLoggedIn: {
    code: -32040,
    exit: 2,
    says: 'there is no saved token of that address',
    next: 'run: tallyctl connect URL',
  },
  notGranted: {
    code: -32041,
    exit: 5,
    says: 'that device has not given this one the right to answer its requests',
    next: 'there, run: tallyctl devices grant THIS-DEVICE requests:approve',
  },
  noSuchDevice: {
    code: -32016,
    exit: 2,
    says: 'there is no such device',
    next: 'tallyctl devices lists them',
  },
  nameTaken: {
    code: -32017,
    exit: 2,
    says: 'another device has that name',
    next: 'choose another name',
  },
  setByConfig: {
    code: -32018,
    exit: 2,
    says: 'the config file sets this',
    next: 'change it there, then restart tallyd',
  },
  vaultLocked: {
    code: -32060,
    exit: 5,
    says: 'the vault is locked',
    next: 'run: tallyctl vault unlock',
  },
  vaultUnreadable: {
    code: -32061,
    exit: 1,
    says: 'the vault cannot be opened',
    next: 'run: tallyctl vault; nothing was changed',
  },
  keychainLocked: {
    code: -32062,
    exit: 1,
    says: 'the keychain is locked',
    next: 'unlock it, for example by logging in to the desktop, then try again; or keep the key elsewhere: tallyctl vault protect --help',
  },
  keychainUnavailable: {
    code: -32063,
    exit: 1,
    says: 'the keychain does not answer',
    next: 'start it, then try again; or keep the key elsewhere: tallyctl vault protect --help',
  },
  noSuchSecret: {
    code: -32064,
    exit: 2,
    says: 'there is no such secret',
    next: 'tallyctl secrets lists them',
  },
  secretExists: {
    code: -32065,
    exit: 2,
    says: 'there is a secret of that name already',
    next: 'choose another name, or change that one: tallyctl secrets edit NAME',
  },
  secretInUse: {
    code: -32066,
    exit: 5,
    says: 'configurations refer to that secret',
    next: 'if they are to lose it, say --force',
  },
  noSuchConfig: {
    code: -32067,
    exit: 2,
    says: 'there is no such configuration',
    next: 'tallyctl configs lists them',
  },
  configExists: {
    code: -32068,
    exit: 2,
    says: 'there is a configuration of that name already',
    next: 'choose another name, or change that one: tallyctl configs edit NAME',
  },
  wrongPassphrase: {
    code: -32069,
    exit: 5,
    says: 'that is not the passphrase of the vault',
    next: 'try again; after five wrong ones in a row the vault waits for a minute',
  },
  passphrasesPaused: {
    code: -32070,
    exit: 5,
    says: 'too many wrong passphrases',
    next: 'wait, then run: tallyctl vault unlock',
  },
  noCredential: {
    code: -32071,
    exit: 1,
    says: 'systemd gave this daemon no credential for the vault',
    next: 'see docs/vault.md#systemd, then restart tallyd',
  },
  noPassphrase: {
    code: -32072,
    exit: 2,
    says: 'the vault has no passphrase, so that locking it would keep nobody out',
    next: 'to give it one, run: tallyctl vault protect passphrase',
  },
  vaultFull: {
    code: -32073,
    exit: 1,
    says: 'the vault is full',
    next: 'remove what is not needed any more',
  },
  noSuchTransfer: {
    code: -32042,
    exit: 2,
    says: 'there is no such transfer',
    next: 'tallyctl requests lists what waits; or ask its sender to send it again',
  },
  transferFailed: {
    code: -32043,
    exit: 1,
    says: 'the transfer did not succeed',
    next: 'nothing was saved; ask its sender to send it again',
  },
  undecided: {
    code: -32044,
    exit: 2,
    says: 'a name is taken here',
    next: 'have it sent again, and say what is to be done: --resolve NAME=reuse, replace, skip or rename:NEW',
  },
  tooMuch: {
    code: -32045,
    exit: 2,
    says: 'that is more than one transfer carries',
    next: 'send it in parts: at most 64 things and 1 MiB at once',
  },
  needsReview: {
    code: -32046,
    exit: 2,
    says: 'what another device sends is looked at before it is saved',
    next: 'run: tallyctl receive',
  },
  noDaemon: { code: -32050, exit: 3, says: 'tallyd is not running', next: 'run: tallyctl start' },
  alreadyRunning: {
    code: -32051,
    exit: 6,
    says: 'tallyd is running already',
    next: 'run: tallyctl status',
  },
  badHome: {
    code: -32052,
    exit: 1,
    says: 'the folder of the control socket is not safe',
    next: 'it must be a real folder that you own, with mode 0700',
  },
  identityUnreadable: {
    code: -32054,
    exit: 1,
    says: "this device's identity cannot be read",
    next: 'restore the file from a backup, or run: tallyctl identity new (then pair every device again)',
  },
  newerState: {
    code: -32055,
    exit: 5,
    says: 'a newer tallyd has written here',
    next: 'install that version again',
  },
  noSupervisor: {
    code: -32056,
    exit: 1,
    says: 'nothing here starts services for a user',
    next: 'docs/service.md says how to run tallyd without',
  },
  serviceRefused: {
    code: -32057,
    exit: 5,
    says: 'this cannot be made a service',
    next: 'docs/service.md says what can',
  },
  wrongUsage: { code: -32053, exit: 2, says: 'this cannot be read', next: 'run: tallyctl --help' },
} as const satisfies Record<string, ErrorRow>

export type ErrorName = keyof typeof ERRORS

/** An error of the table, with the detail that names the thing. */
export class TallyError extends Error {
  override readonly name = 'TallyError'
  readonly error: ErrorName
  readonly next: string
  constructor(error: ErrorName, detail?: string, next?: string) {
    super(detail === undefined ? ERRORS[error].says : `${ERRORS[error].says}: ${detail}`)
    this.error = error
    this.next = next ?? ERRORS[error].next
  }

  /** An error whose `sentence` says all: the table's own sentence does not stand before it. */
  static saying(error: ErrorName, sentence: string, next: string): TallyError {
    const said = new TallyError(error, undefined, next)
    said.message = sentence
    return said
  }
}
