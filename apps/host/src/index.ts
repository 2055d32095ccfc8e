/**
 * The `symphony` command as a library: run a command line, and type a configuration file.
 *
 * @packageDocumentation
 */
export { defineConfig } from './config/config-schema.ts'
export type { HostConfig } from './config/config-schema.ts'
export { main } from './main.ts'
