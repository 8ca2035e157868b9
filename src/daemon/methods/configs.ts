// configs.*: configurations of the vault. They hold no secret values, only names.
import type { ChangedConfig } from '../../contract/configs.ts'
import type { DatabaseConfig } from '../../contract/vault-items.ts'
import type { Config } from '../vault/contents.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { now, refuse } from './secrets.ts'

const loadItems = () => import('../vault/items.ts')
const loadCheck = () => import('../vault/check.ts')

export function configsHandlers({ vault }: Parts): HandlersOf<'configs'> {
  return {
    'configs.list': async () => ({ configs: [...(await (await vault()).read()).configs] }),
    'configs.add': async ({ config }) => {
      const [{ addConfig, configOf }, { checkConfig }] = await Promise.all([loadItems(), loadCheck()])
      return (await vault()).change((before) => {
        refuse(checkConfig(config, before), 'config')
        const contents = addConfig(before, config, now())
        return { contents, result: { added: configOf(contents, config.name) } }
      })
    },
    'configs.show': async ({ name }) => {
      const [contents, { configOf }] = await Promise.all([(await vault()).read(), loadItems()])
      return { config: configOf(contents, name) }
    },
    'configs.edit': async ({ name, changes }) => {
      const [{ configOf, editConfig }, { checkConfig }] = await Promise.all([loadItems(), loadCheck()])
      return (await vault()).change((before) => {
        const config = merged(configOf(before, name), changes)
        refuse(checkConfig(config, before), 'changes')
        const contents = editConfig(before, config, now())
        return { contents, result: { edited: configOf(contents, name) } }
      })
    },
    'configs.rename': async ({ name, to }) => {
      const { configOf, renameConfig } = await loadItems()
      return (await vault()).change((before) => {
        const contents = renameConfig(before, name, to, now())
        return { contents, result: { renamed: configOf(contents, to) } }
      })
    },
    'configs.remove': async ({ name }) => {
      const { configOf, removeConfig } = await loadItems()
      return (await vault()).change((before) => {
        const removed = configOf(before, name)
        return { contents: removeConfig(before, name), result: { removed } }
      })
    },
  }
}

/** What is null goes, what is absent stays. */
function merged(config: Config, { links, ...changes }: ChangedConfig): DatabaseConfig {
  const { createdAt: _, updatedAt: __, ...before } = config
  const all = { ...before, ...changes, links: kept({ ...before.links, ...links }) }
  return kept(all) as DatabaseConfig
}

function kept(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}
