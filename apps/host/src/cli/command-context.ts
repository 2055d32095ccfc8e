import { join, resolve } from 'node:path'
import type { BackendChoices, RuntimeConfig } from '@symphony/runtime'
import type { HostConfig } from '../config/host-config.ts'
import { loadConfig } from '../config/load-config.ts'
import { healthLogger } from './health-logger.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** Options every command has. */
export interface GlobalOptions {
  readonly config?: string
  readonly state?: string
  readonly json?: boolean
  readonly quiet?: boolean
  /** As it was written. */
  readonly backend?: string
}

/** What a command works with: settings, the place of its state, and where to write. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly config: HostConfig
  readonly configFile: string | undefined
  /** Where this thing keeps its state: `<state>/<name>`. */
  stateFolder(name: string): string
  /** The folder all of them are in, or the one that was named. */
  readonly stateBase: string
  /** The part of the configuration that is the runtime's. */
  readonly runtime: RuntimeConfig
}

export async function commandContext(options: GlobalOptions): Promise<CommandContext> {
  const { config, file } = await loadConfig(process.cwd(), options.config)
  const { state, ...configured } = config
  const runtime = options.backend === undefined ? configured : { ...configured, backend: await readBackends(options.backend) }
  const base = options.state ?? state ?? '.symphony'
  const terminal = processTerminal(options.quiet === true || options.json === true)
  return {
    terminal,
    config,
    configFile: file,
    // A folder named on the command line is taken as it is: the user has chosen it for this one thing.
    stateFolder: (name) => resolve(options.state === undefined ? join(base, encodeURIComponent(name)) : options.state),
    stateBase: resolve(base),
    runtime: { logger: healthLogger(terminal), ...(runtime as RuntimeConfig) },
  }
}

/** What reads it is loaded with the runtime, and only when it is needed. */
async function readBackends(text: string): Promise<BackendChoices> {
  const { parseBackends } = await import('@symphony/runtime')
  return parseBackends(text, '--backend')
}
