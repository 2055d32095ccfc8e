import { posix } from 'node:path'
import { FLOORS, OUTSIDERS } from '../floors.ts'
import type { Problem, Rule } from '../problem.ts'
import type { CodeFile, Manifest, Repository } from '../repository.ts'
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
        const message = objection(file, manifest, found.source, repository)
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

function objection(file: CodeFile, manifest: Manifest | undefined, source: string, repository: Repository): string | undefined {
  if (source.startsWith('.')) return relativeObjection(file, source)
  const [name, way] = doorOf(source)
  if (name.startsWith('@symphony/') && way !== '.' && !isDoor(repository, name, way)) return `"${source}" goes round the public door: import "${name}"`
  if (file.room !== 'src' || manifest === undefined) return undefined
  return name.startsWith('@symphony/') ? floorObjection(manifest.name, name) : undeclared(manifest, source)
}

/** The package a source names, and the door of it: `.`, or a further one as its `exports` would call it. */
function doorOf(source: string): readonly [name: string, door: string] {
  const parts = source.split('/')
  const length = source.startsWith('@') ? 2 : 1
  return [parts.slice(0, length).join('/'), ['.', ...parts.slice(length)].join('/')]
}

/** Further public doors are those a package says it has. */
function isDoor(repository: Repository, name: string, door: string): boolean {
  const exported = repository.manifests.find((manifest) => manifest.name === name)?.json['exports']
  return door === './package.json' || Object.hasOwn((exported ?? {}) as object, door)
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
  const [name] = doorOf(source)
  const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies']
  const isDeclared = kinds.some((kind) => Object.hasOwn((manifest.json[kind] ?? {}) as object, name))
  return isDeclared ? undefined : `"${name}" is not among the dependencies of ${manifest.name}`
}
