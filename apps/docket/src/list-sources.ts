import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDocumentation } from './content/documentation.ts'
import type { DocketSource } from './docket-input.ts'

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** A folder of the user's: everything in it is looked at, but for what programs keep there for themselves. */
export function folderSource(folder: string): readonly DocketSource[] {
  return [{ folder, label: 'documents', include: (path) => !/(^|\/)\.(git|symphony)\//.test(path) }]
}

/** The sources without what Docket writes itself: an archive of one's own archive would never come to rest. */
export function withoutFolders(sources: readonly DocketSource[], folders: readonly string[]): readonly DocketSource[] {
  return sources.map((source) => {
    const inside = folders.map((folder) => relative(source.folder, folder).split(sep).join('/')).filter((path) => path !== '' && !path.startsWith('..') && !isAbsolute(path))
    if (inside.length === 0) return source
    const { include = () => true } = source
    return { ...source, include: (path) => include(path) && !inside.some((folder) => path.startsWith(`${folder}/`)) }
  })
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
