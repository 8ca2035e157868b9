// The user's config file: what may stand in it. Read by daemon/settings, never written by us.
import { type Static, Type } from 'typebox'
import { Display } from './money.ts'
import { VAULT_KEYS } from './vault-words.ts'

const price = Type.Number({ minimum: 0, maximum: 1_000_000, description: 'US dollars per million tokens' })

const folders = Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { maxItems: 64 })

const limit = Type.Number({
  minimum: 0.01,
  maximum: 1_000_000,
  description: 'US dollars that all devices together may spend',
})

export const Config = Type.Object(
  {
    device: Type.Optional(
      Type.Object(
        { name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) },
        { additionalProperties: false },
      ),
    ),
    lan: Type.Optional(
      Type.Object(
        {
          port: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65535,
              description:
                'where other devices reach this one; 4765 if absent. A port that is named here never moves',
            }),
          ),
          address: Type.Optional(
            Type.String({
              minLength: 2,
              maxLength: 45,
              pattern: '^[0-9A-Fa-f:.]+$',
              description: 'the one IP address to listen on; every address if absent',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    log: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(
            Type.Enum(['debug', 'info', 'warn', 'error', 'off'], {
              description: 'the least that is logged; info if absent. TALLYD_LOG wins',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    web: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(Type.Enum(['on', 'off'], { description: 'on if absent' })),
          port: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65535,
              description: 'of the web listener; 4766 if absent. A port that is named here never moves',
            }),
          ),
          lan: Type.Optional(
            Type.Boolean({ description: 'HTTPS for the network instead of HTTP for this machine alone' }),
          ),
          names: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 253, pattern: '^[A-Za-z0-9._:-]+$' }), {
              maxItems: 16,
              description: 'names and addresses under which others reach it; the first one stands in its URL',
            }),
          ),
          plainHttp: Type.Optional(
            Type.Boolean({
              description:
                'serve the snapshot for displays over plain HTTP too, to the whole network: whoever listens there reads it, and the token',
            }),
          ),
          plainHttpPort: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 65535, description: 'of plainHttp; 4767 if absent' }),
          ),
          clients: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }), {
              maxItems: 32,
              description: 'OAuth client ids that may ask for tokens beside tallyctl',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    identity: Type.Optional(
      Type.Object(
        {
          read: Type.Optional(
            Type.Boolean({
              description:
                'read the mail address and plan that Claude Code and Codex are signed in with, for displays that may show them',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    displays: Type.Optional(
      Type.Object(
        {
          refreshIntervalSeconds: Type.Optional(
            Type.Integer({
              minimum: 5,
              maximum: 86_400,
              description: 'how often displays are told to ask; 60 if absent',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    discovery: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(
            Type.Enum(['off', 'browse', 'on'], {
              description: 'browse finds others and is not found itself; on if absent',
            }),
          ),
          interfaces: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 32 }), {
              maxItems: 16,
              description: 'exactly these network interfaces, whatever they are; every real one if absent',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    sources: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^(claude-code|codex)$' }),
        Type.Object(
          {
            roots: Type.Optional(
              Type.Union([folders, Type.Object({ replace: folders }, { additionalProperties: false })], {
                description: 'a list is read as well as the usual folders; {"replace": […]} instead of them',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        { additionalProperties: false },
      ),
    ),
    budgets: Type.Optional(
      Type.Object(
        { daily: Type.Optional(limit), weekly: Type.Optional(limit), monthly: Type.Optional(limit) },
        { additionalProperties: false },
      ),
    ),
    vault: Type.Optional(
      Type.Object(
        {
          key: Type.Optional(
            Type.Enum([...VAULT_KEYS], {
              description:
                'where the key of the vault rests; if absent: in the keychain if that answers, else in the systemd credential, else in a file',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    money: Type.Optional(Display),
    plans: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^(claude-code|codex)$' }),
        Type.Object(
          {
            priceUSD: Type.Number({
              minimum: 0.01,
              maximum: 100_000,
              description: 'US dollars a month that the subscription costs',
            }),
          },
          { additionalProperties: false },
        ),
        { additionalProperties: false },
      ),
    ),
    alerts: Type.Optional(
      Type.Object(
        {
          desktop: Type.Optional(
            Type.Boolean({
              description: 'a notification when a budget is nearly or all used up, and when a request waits',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    prices: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 200 }),
        Type.Object(
          {
            input: price,
            output: price,
            cacheRead: Type.Optional(price),
            cacheWrite5m: Type.Optional(price),
            cacheWrite1h: Type.Optional(price),
            webSearch: Type.Optional(
              Type.Number({ minimum: 0, description: 'US dollars per thousand searches' }),
            ),
          },
          { additionalProperties: false },
        ),
        { description: "a model's name, exactly as the log has it; wins over the built-in table" },
      ),
    ),
  },
  { additionalProperties: false },
)

export type Config = Static<typeof Config>
