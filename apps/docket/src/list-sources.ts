import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDocumentation } from './content/documentation.ts'
import type { DocketSource } from './docket-input.ts'

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** A folder of the user's: everything in it is looked at. */
export function folderSource(folder: string): readonly DocketSource[] {
  return [{ folder, label: 'documents' }]
}

/**
 * What Docket reads when nobody names a folder: its own samples, and the documentation of everything the workspace depends on, found
 * in the nearest `node_modules` that pnpm keeps.
 */
export function defaultSources(): readonly DocketSource[] {
  const samples: DocketSource = { folder: join(packageFolder, 'samples'), label: 'samples', include: isSample }
  const dependencies = nearest(packageFolder, join('node_modules', '.pnpm'))
  return dependencies === undefined ? [samples] : [samples, { folder: dependencies, label: 'dependencies', include: isDocumentation }]
}

/** The samples without what makes them and the true texts they are checked against. */
function isSample(path: string): boolean {
  return !/^(prose|truth)\/|\.ts$/.test(path)
}

function nearest(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name)
    if (folder === dirname(folder)) return undefined
  }
}
