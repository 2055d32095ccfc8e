import { assert } from '@symphony/interface'
import type { Template } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import { rankTemplate } from './apply.ts'
import { hashOf, readDefinition } from './definition/definition-codec.ts'
import { specOf } from './state.ts'
import type { Binding, DagState, StoredTemplate } from './state.ts'
import type { CompiledTemplate } from './definition/template.ts'

/**
 * Makes what `defineWorkflow` hands out: a template with the functions of one definition.
 * @param given undefined for one out of the log. Its spec is made when somebody asks: it may have a million tasks, and is hardly ever looked at
 */
export function bind(compiled: CompiledTemplate, hash: string, given: Template['spec'] | undefined, isComplete: boolean): Binding {
  let spec = given
  const template: Template = Object.freeze({
    name: compiled.name,
    version: compiled.version,
    hash,
    taskCount: compiled.taskCount,
    edgeCount: compiled.edgeCount,
    get spec() {
      return (spec ??= specOf(compiled))
    },
  })
  return { template, compiled, types: compiled.types, isComplete, isFromLog: given === undefined, typeBase: -1, stored: undefined, typeNumbers: undefined, runs: 0 }
}

/** Stores a definition: its edges go into the region, where all its runs share them. */
export function applyDefine(state: DagState, body: Uint8Array): StoredTemplate {
  const { template: compiled, hasFunctions } = readDefinition(new ByteReader(body))
  const hash = hashOf(compiled)
  const known = state.bindingsByHash.get(hash)
  // The stored shape is the logged one even when the program's knobs have changed: replay must not depend on them.
  const binding = known ?? bind(compiled, hash, undefined, !hasFunctions)
  return addTemplate(state, compiled, hash, binding, body)
}

/** The same for a definition that is at hand, which saves reading its bytes. */
export function addTemplate(state: DagState, compiled: CompiledTemplate, hash: string, binding: Binding, body: Uint8Array): StoredTemplate {
  const t = state.tables
  const edgeBase = compiled.targets.length === 0 ? 0 : t.edges.allocate(compiled.targets.length)
  t.edgeTarget.set(compiled.targets, edgeBase)
  const hole = state.templates.indexOf(undefined)
  return placeTemplate(state, { number: hole < 0 ? state.templates.length : hole, compiled, hash, binding, body, edgeBase })
}

/** Puts a template whose edges are in the region where its number says. */
export function placeTemplate(
  state: DagState,
  parts: Pick<StoredTemplate, 'number' | 'compiled' | 'hash' | 'binding' | 'body' | 'edgeBase'>,
): StoredTemplate {
  const { compiled, edgeBase, number, hash } = parts
  const stored: StoredTemplate = {
    ...parts,
    start: { ...compiled, outStart: compiled.outStart.map((start) => start + edgeBase) },
    typeRows: state.durations.rowsFor(compiled),
    ranks: new Float64Array(0),
    byRank: undefined,
    rankedSamples: 0,
    samples: 0,
    expectedMs: [],
    isLearned: false,
    runs: 0,
  }
  rankTemplate(state, stored)
  while (state.templates.length <= number) state.templates.push(undefined)
  state.templates[number] = stored
  state.templatesByHash.set(hash, stored)
  return stored
}

/** Gives the edges of a template that no run uses back. */
export function applyUndefine(state: DagState, number: number): void {
  const stored = state.templates[number]
  assert(stored !== undefined && stored.runs === 0, 'only templates without runs are dropped')
  const { length } = stored.compiled.targets
  if (length > 0) state.tables.edges.release(stored.edgeBase, length)
  state.templatesByHash.delete(stored.hash)
  state.templates[number] = undefined
}
