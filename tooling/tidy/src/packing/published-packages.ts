import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './commands.ts'

/** A package that goes to the registry. */
export interface PublishedPackage {
  readonly name: string
  /** From the root. */
  readonly folder: string
  /** Packages of ours it needs at run time, itself included, nearest first. */
  readonly closure: readonly string[]
  /** The ones its manifest names. */
  readonly direct: readonly string[]
}

/** Every package and app of the workspace, by name. */
export function publishedPackages(): readonly PublishedPackage[] {
  const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`))
  const found = folders.filter((folder) => existsSync(join(ROOT, folder, 'package.json'))).map(readPackage)
  const directOf = new Map(found.map(({ name, direct }) => [name, direct]))
  return found.map((entry) => ({ ...entry, closure: closureOf(entry.name, directOf) }))
}

function readPackage(folder: string): Omit<PublishedPackage, 'closure'> {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { name: string; dependencies?: Record<string, string> }
  return { name: manifest.name, folder, direct: Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@symphony/')) }
}

function closureOf(name: string, directOf: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const closure = new Set([name])
  for (const member of closure) for (const next of directOf.get(member) ?? []) closure.add(next)
  return [...closure]
}
