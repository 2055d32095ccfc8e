import { posix } from 'node:path'
import { FLOORS, OUTSIDERS } from '../floors.ts'
import type { Problem, Rule } from '../problem.ts'
import type { CodeFile, Manifest } from '../repository.ts'
import { walk } from '../syntax.ts'

interface Import {
  readonly source: string
  readonly at: number
}

/** Rooms do not know their neighbours: an import never points up or sideways, and never round the public door. */
export const imports: Rule = {
  name: 'import',
  check(repository) {
    const problems: Problem[] = []
    for (const file of repository.code) {
      const manifest = repository.manifests.find((candidate) => candidate.folder === file.folder)
      for (const found of importsOf(file)) {
        const message = objection(file, manifest, found.source)
        if (message !== undefined) problems.push({ file: file.path, line: file.lineAt(found.at), rule: 'import', message })
      }
    }
    return problems
  },
}

function importsOf(file: CodeFile): readonly Import[] {
  const found: Import[] = []
  walk(file.syntax.program, (node) => {
    if (!/^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression|TSImportType)$/.test(node.type)) return
    const source = (node['source'] ?? node['argument']) as { value?: unknown } | null
    if (typeof source?.value === 'string') found.push({ source: source.value, at: node.start })
  })
  return found
}

function objection(file: CodeFile, manifest: Manifest | undefined, source: string): string | undefined {
  if (source.startsWith('.')) return relativeObjection(file, source)
  if (source.startsWith('@symphony/') && source.split('/').length > 2 && !source.endsWith('/package.json')) {
    return `"${source}" goes round the public door: import "${source.split('/').slice(0, 2).join('/')}"`
  }
  if (file.room !== 'src' || manifest === undefined) return undefined
  if (source.startsWith('@symphony/')) return floorObjection(manifest.name, source)
  return undeclared(manifest, source)
}

function relativeObjection(file: CodeFile, source: string): string | undefined {
  const target = posix.join(posix.dirname(file.path), source)
  // The shared build recipe is configuration: it is read by every package's build, never shipped.
  if (file.room === '' || target.startsWith('tooling/build/')) return undefined
  if (!target.startsWith(`${file.folder}/`)) return `"${source}" leaves the package: import the other package by its name`
  if (file.room === 'src' && target === `${file.folder}/src/index.ts`) return 'imports its own index: import the file that defines it'
  return undefined
}

function floorObjection(from: string, source: string): string | undefined {
  if (source === from) return 'imports its own package: import the file that defines it'
  const ownFloor = FLOORS[from]
  if (ownFloor === undefined) return from.startsWith('@symphony/') && OUTSIDERS.includes(from) ? undefined : `"${from}" has no floor: give it one in tooling/tidy/src/floors.ts`
  if (OUTSIDERS.includes(source)) return `"${source}" is not for run time: only tests may import it`
  const floor = FLOORS[source]
  if (floor === undefined) return `"${source}" has no floor: give it one in tooling/tidy/src/floors.ts`
  if (floor === ownFloor) return `"${source}" is a sibling: take what is needed from it through \`ports\``
  return floor > ownFloor ? `"${source}" lies above: turn the dependency round, or move the code` : undefined
}

function undeclared(manifest: Manifest, source: string): string | undefined {
  if (source.startsWith('node:')) return undefined
  const name = source.split('/').slice(0, source.startsWith('@') ? 2 : 1).join('/')
  const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies']
  const isDeclared = kinds.some((kind) => Object.hasOwn((manifest.json[kind] ?? {}) as object, name))
  return isDeclared ? undefined : `"${name}" is not among the dependencies of ${manifest.name}`
}
