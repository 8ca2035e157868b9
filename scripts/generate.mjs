// Writes everything that follows from the contract: validators, the clients' table, docs/rpc.md, docs/openrpc.json; what the
// client knows of widget formats; docs/metrics.md from the table of metrics; and a table of docs/snapshot.md.
// Run after tsc: `node scripts/generate.mjs [build folder] [--check]`; --check writes nothing and exits 1 if stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { clientTable } from './generate/client.mjs'
import { rpcDocument } from './generate/docs.mjs'
import { identityTable, withPart } from './generate/identity.mjs'
import { metricsDocument } from './generate/metrics.mjs'
import { openrpcDocument } from './generate/openrpc.mjs'
import { validatorsModule, wireValidatorsModule } from './generate/validators.mjs'
import { widgetNames, widgetTable } from './generate/widgets.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const check = process.argv.includes('--check')
const folder = resolve(root, process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'build')

const load = (name) => import(pathToFileURL(resolve(folder, 'src/contract', name)).href)
const { FORMATS } = await load('../daemon/views/widgets/formats.js')
const { METHODS } = await load('methods.js')
const { EVENTS } = await load('events.js')
const { ERRORS } = await load('errors.js')
const { Config } = await load('config.js')
const { CeremonyMessage } = await load('ceremony.js')
const { Cursor, Nudge, Quotas, UnpairNotice, UsageAnswer } = await load('wire.js')
const { Outcome, SentConfig, SentSecret, TransferId, TransferMessage } = await load('transfer-wire.js')
const { Approved, Denied, RequestList } = await load('requests.js')
const { DatabaseConfig, ItemName, SecretValue } = await load('vault-items.js')
const { FAMILIES } = await import(pathToFileURL(resolve(folder, 'src/daemon/sinks/families.js')).href)
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
// TypeBox keeps its own marks beside the JSON Schema; a round trip leaves the schema alone.
const contract = JSON.parse(
  JSON.stringify({ methods: METHODS, events: EVENTS, errors: ERRORS, config: Config, version }),
)

const wanted = {
  'src/contract/generated/validators.ts': validatorsModule(contract),
  'src/contract/generated/wire.ts': wireValidatorsModule(
    {
      CeremonyMessage,
      UsageAnswer,
      Quotas,
      Cursor,
      Nudge,
      UnpairNotice,
      RequestList,
      Approved,
      Denied,
      TransferId,
      TransferMessage,
      SentSecret,
      SentConfig,
      Outcome,
    },
    '../spoken.ts',
    // Whose misfits are told to people.
    ['UsageAnswer', 'SentSecret', 'SentConfig'],
  ),
  'src/contract/generated/vault.ts': wireValidatorsModule(
    { ItemName, SecretValue, DatabaseConfig },
    '../vault-items.ts',
  ),
  'src/contract/generated/client.ts': clientTable(contract),
  'src/contract/generated/widget-names.ts': widgetNames(FORMATS),
  'src/contract/generated/widgets.ts': widgetTable(FORMATS),
  'docs/rpc.md': rpcDocument(contract),
  'docs/openrpc.json': openrpcDocument(contract),
  'docs/metrics.md': metricsDocument(FAMILIES),
}

// Made from the code that decides it, so that the table cannot say anything else.
const { identityShown } = await import(
  pathToFileURL(resolve(folder, 'src/daemon/views/identity-shown.js')).href
)
const { IDENTITY_MODE_NAMES } = await load('identity-modes.js')
wanted['docs/snapshot.md'] = withPart(
  existing('docs/snapshot.md') ?? '',
  identityTable(IDENTITY_MODE_NAMES, identityShown),
)

const stale = Object.entries(wanted).filter(([path, text]) => existing(path) !== text)
for (const [path, text] of stale) {
  if (check) {
    console.error(`${path} is stale: run npm run generate`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(resolve(root, path)), { recursive: true })
    writeFileSync(resolve(root, path), text)
    console.error(`wrote ${path}`)
  }
}

function existing(path) {
  try {
    return readFileSync(resolve(root, path), 'utf8')
  } catch {
    return undefined
  }
}
