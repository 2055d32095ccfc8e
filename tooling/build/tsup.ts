// One build recipe for every package: ESM JavaScript by tsup, declarations by tsc (see each package's build script).
import { defineConfig } from 'tsup'

/** @param entry source files that become files of their own in dist: the public door, and whatever is loaded by URL (worker threads). */
export function packageBuild(entry: string[]): ReturnType<typeof defineConfig> {
  return defineConfig({ entry, format: ['esm'], dts: false, clean: true, sourcemap: true, target: 'es2023', platform: 'node', treeshake: false, silent: true, removeNodeProtocol: false })
}
