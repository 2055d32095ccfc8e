import { isDeepStrictEqual } from 'node:util'
import type { Problem, Rule } from '../problem.ts'
import type { Manifest, Repository } from '../repository.ts'

const door = { '@symphony/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }

/** What every published package says the same. */
const expected: Readonly<Record<string, unknown>> = {
  type: 'module',
  license: 'Apache-2.0',
  sideEffects: false,
  engines: { node: '>=22.12' },
  scripts: { build: 'tsup && tsc -p tsconfig.build.json', typecheck: 'tsc' },
  publishConfig: { access: 'public', provenance: true },
}

const NOTES = 'docs/dependencies.md'
const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const
const isPublished = (manifest: Manifest): boolean => /^(packages|apps)\/[^/]+$/.test(manifest.folder)

/** Who knows one package knows all: same scripts, same door, versions from one catalog, every dependency explained. */
export const manifests: Rule = {
  name: 'manifest',
  check: (repository) => [...repository.manifests.flatMap((manifest) => checkOne(manifest, repository)), ...leftBehind(repository)],
}

function checkOne(manifest: Manifest, repository: Repository): readonly Problem[] {
  if (!manifest.name.startsWith('@symphony/')) return explained(manifest, repository)
  return [...(isPublished(manifest) ? shape(manifest, repository) : []), ...sources(manifest), ...explained(manifest, repository)]
}

function shape(manifest: Manifest, repository: Repository): readonly Problem[] {
  const { json, folder } = manifest
  const problems = Object.keys(expected)
    .filter((key) => !isDeepStrictEqual(json[key], expected[key]))
    .map((key) => `"${key}" has to be ${JSON.stringify(expected[key])}`)
  const exported = (json['exports'] ?? {}) as Record<string, unknown>
  if (!isDeepStrictEqual(exported['.'], door)) problems.push(`exports["."] has to be ${JSON.stringify(door)}`)
  if (exported['./package.json'] !== './package.json') problems.push('exports["./package.json"] is missing')
  for (const file of ['dist', 'src']) if (!(json['files'] as string[] | undefined)?.includes(file)) problems.push(`"files" has to name "${file}"`)
  if ((json['repository'] as { directory?: string } | undefined)?.directory !== folder) problems.push(`repository.directory has to be "${folder}"`)
  if (typeof json['description'] !== 'string') problems.push('"description" is missing')
  if (!repository.texts.has(`${folder}/README.md`)) problems.push('README.md is missing: what the package is for, and an example that runs')
  return problems.map((message) => at(manifest, message))
}

function sources(manifest: Manifest): readonly Problem[] {
  const isBench = manifest.folder === 'tooling/bench'
  return dependenciesOf(manifest).flatMap(({ name, range }) => {
    if (name.startsWith('@symphony/')) return range.startsWith('workspace:') ? [] : [at(manifest, `"${name}" has to come from the workspace (workspace:^)`)]
    if (range === 'catalog:' || (isBench && /^\d+\.\d+\.\d+$/.test(range))) return []
    return [at(manifest, `"${name}" has to come from the catalog in pnpm-workspace.yaml (catalog:)`)]
  })
}

function explained(manifest: Manifest, repository: Repository): readonly Problem[] {
  const notes = repository.texts.get(NOTES) ?? ''
  return dependenciesOf(manifest)
    .filter(({ name }) => !name.startsWith('@symphony/') && !notes.includes(`\`${name}\``))
    .map(({ name }) => at(manifest, `"${name}" has no line in ${NOTES} that says why it is needed`))
}

/** Rows of the notes about packages that nobody depends on any more. */
function leftBehind(repository: Repository): readonly Problem[] {
  const used = new Set(repository.manifests.flatMap(dependenciesOf).map(({ name }) => name))
  return (repository.texts.get(NOTES) ?? '').split('\n').flatMap((text, index) => {
    const cell = /^\| (`.*?) \|/.exec(text)?.[1] ?? ''
    const unused = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string).filter((name) => !used.has(name))
    return unused.map((name) => ({ file: NOTES, line: index + 1, rule: 'manifest', message: `nobody depends on "${name}" any more: take its line out` }))
  })
}

function dependenciesOf(manifest: Manifest): readonly { readonly name: string; readonly range: string }[] {
  return kinds.flatMap((kind) => Object.entries((manifest.json[kind] ?? {}) as Record<string, string>).map(([name, range]) => ({ name, range })))
}

function at(manifest: Manifest, message: string): Problem {
  return { file: `${manifest.folder}/package.json`.replace(/^\//, ''), line: 1, rule: 'manifest', message }
}
