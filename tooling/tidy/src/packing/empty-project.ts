import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './commands.ts'
import type { Outcome } from './commands.ts'
import type { PublishedPackage } from './published-packages.ts'

/**
 * A project of somebody who has just installed one of our packages, and those of ours that it names, from tarballs. What those
 * need from us in turn comes from tarballs too.
 */
export async function installInto(folder: string, target: PublishedPackage, tarballs: ReadonlyMap<string, string>): Promise<Outcome> {
  const fileOf = (name: string): string => `file:${tarballs.get(name)}`
  const dependencies = Object.fromEntries([target.name, ...target.direct].map((name) => [name, fileOf(name)]))
  const overrides = target.closure.map((name) => `  "${name}": "${fileOf(name)}"\n`).join('')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'example', private: true, type: 'module', dependencies }))
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `packages: ["."]\noverrides:\n${overrides}`)
  const { stdout: store } = await run('pnpm', ['store', 'path', '--silent'], ROOT)
  return run('pnpm', ['install', '--prefer-offline', '--ignore-scripts', '--no-frozen-lockfile', '--store-dir', join(store.trim(), '..')], folder)
}

/** Type-checks a program against the declarations in the tarballs. */
export function typecheck(folder: string, program: string): Promise<Outcome> {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [program] }))
  return run('tsc', ['-p', '.'], folder)
}
