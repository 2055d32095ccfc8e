import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SymphonyError } from '@symphony/interface'
import type { HostConfig } from './host-config.ts'

const FILE_NAMES = ['symphony.config.ts', 'symphony.config.mjs', 'symphony.config.js', 'symphony.config.json']

/** A configuration and where it came from. */
export interface LoadedConfig {
  readonly config: HostConfig
  /** Undefined when there is no file: the defaults hold. */
  readonly file: string | undefined
}

/**
 * The configuration of a folder: the named file, or the first `symphony.config.*` found there.
 *
 * @throws SymphonyError `NOT_FOUND` for a named file that is not there, `CONFIG_INVALID`
 */
export async function loadConfig(folder: string, named?: string): Promise<LoadedConfig> {
  const file = named === undefined ? FILE_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path)) : resolve(folder, named)
  if (file === undefined) return { config: {}, file: undefined }
  if (!existsSync(file)) {
    throw new SymphonyError({ code: 'NOT_FOUND', component: 'host/config', message: `There is no configuration file ${file}. Check --config, or leave it out to use the defaults.` })
  }
  // Only a configuration that exists pays for the validator's start-up time.
  const { validateConfig } = await import('./validate-config.ts')
  return { config: validateConfig(await read(file), file), file }
}

async function read(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8'))
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown }
    return module.default ?? {}
  } catch (cause) {
    throw new SymphonyError({
      code: 'CONFIG_INVALID',
      component: 'host/config',
      message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      details: { source: file },
      cause,
    })
  }
}
