import type { Template, WorkflowSpec } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'
import type { Alias, Document } from 'yaml'
import { invalidDefinition } from './definition-problems.ts'
import { readDefinitionData, toJson } from './json.ts'
import type { DefinitionRegistry } from './names.ts'

// The library takes longer to load than the whole of this package.
const yaml = lazyModule<typeof import('yaml')>(() => import.meta.resolve('yaml'))

// YAML 1.2 with its core schema: what is not JSON in it (dates, sets, tags) is refused, so that both forms say the same.

/**
 * Reads a definition from YAML, in the form of `toJson`.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems, each with its line and column
 * @example
 * const spec = fromYaml(`
 * name: ocr
 * tasks:
 *   - { id: scan, run: scan }
 *   - { id: read, model: tesseract, needs: [scan] }
 * `, { functions: { scan: () => ['a.png'] } })
 */
export function fromYaml(text: string, registry: DefinitionRegistry = {}): WorkflowSpec {
  const { LineCounter, parseDocument } = yaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core' })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) throw invalidDefinition('YAML text', faults.map((fault) => `${at(fault.pos[0])}: ${fault.message}`))
  let data: unknown
  try {
    data = document.toJS()
  } catch (error) {
    // An alias without an anchor, or a few of them that would unfold to gigabytes.
    throw invalidDefinition('YAML text', [`${at(aliasOffset(document))}: ${(error as Error).message}`])
  }
  const locate = (problem: string): string => `${at(offsetOf(document, problem))}: ${problem}`
  const unreal = [...nonFinite(data, '')]
  if (unreal.length > 0) throw invalidDefinition('YAML text', unreal.map((path) => locate(`${path}: JSON has no such number`)))
  return readDefinitionData(data, registry, 'YAML text', locate)
}

/**
 * A definition as YAML; functions and schemas become names as in `toJson`.
 * @throws SymphonyError as `toJson`
 */
export function toYaml(definition: WorkflowSpec | Template, registry?: DefinitionRegistry): string {
  return yaml().stringify(toJson(definition, registry), { lineWidth: 0, aliasDuplicateObjects: false })
}

/** Where in the text the path is that a problem begins with, or else the nearest place above it. */
function offsetOf(document: Document, problem: string): number {
  const path = /^(?:[\w-]+|\.[^.[:\s]+|\[\d+\])+/.exec(problem)?.[0] ?? ''
  const keys = [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, place, key]) => (place === undefined ? (key as string) : Number(place)))
  for (let depth = keys.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(keys.slice(0, depth), true)
    if (yaml().isNode(node) && node.range) return node.range[0]
  }
  return 0
}

/** The first alias that names nothing, or the first at all: those are what reading a well-formed document can fail at. */
function aliasOffset(document: Document): number {
  const aliases: Alias[] = []
  yaml().visit(document, { Alias: (_key, alias) => void aliases.push(alias) })
  return (aliases.find((alias) => alias.resolve(document) === undefined) ?? aliases[0])?.range?.[0] ?? 0
}

function* nonFinite(value: unknown, path: string): IterableIterator<string> {
  if (typeof value === 'number' && !Number.isFinite(value)) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) yield* nonFinite(item, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
}
