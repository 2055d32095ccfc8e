import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './commands.ts'
import type { PublishedPackage } from './published-packages.ts'

/** Builds what was not built, and packs as `pnpm publish` would. Answers the tarball's path by package name. */
export async function packAll(packages: readonly PublishedPackage[], into: string): Promise<ReadonlyMap<string, string>> {
  const unbuilt = packages.filter(({ folder }) => !existsSync(join(ROOT, folder, 'dist', 'index.js')))
  if (unbuilt.length > 0) {
    const built = await run('turbo', ['run', 'build', '--output-logs=errors-only', ...unbuilt.map(({ name }) => `--filter=${name}`)], ROOT)
    if (built.status !== 0) throw new Error(`the build failed:\n${built.output}`)
  }
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  const packed = await run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', into, '--silent'], ROOT)
  if (packed.status !== 0) throw new Error(`packing failed:\n${packed.output}`)
  return new Map(packages.map(({ name, folder }) => [name, join(into, tarballName(name, folder))]))
}

function tarballName(name: string, folder: string): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { version: string }
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}
