/**
 * The `symphony` command as a library: run a command line, and type a configuration file.
 *
 * @packageDocumentation
 */
export { defineConfig } from './config/host-config.ts'
export type { HostConfig } from './config/host-config.ts'
export { main } from './main.ts'
