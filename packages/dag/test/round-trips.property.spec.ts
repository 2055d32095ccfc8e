import { createDagTracker, fromGraph, fromJson, fromYaml, registryOf, toGraph, toJson, toYaml } from '@symphony/dag'
import type { Json, Need, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'
import * as fc from 'fast-check'
import { DirectedGraph } from 'graphology'
import { expect, it } from 'vitest'

const SHARED = (): number => 2
const SCHEMA = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const

// Words that YAML would read as something else, and keys that objects have anyway.
const WORDS = ['yes', 'null', '~', '1', '1e3', '0x1f', 'true', '- a', 'a: b', '#', '&x', '*x', '!!str', '|', '>', '%', '@', '`', "'", '"', '\n', ' a ', 'toString', 'constructor', '2020-01-01', 'é', '😀', '<<']
const word = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...WORDS) }, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }))
// A task called __proto__ is well, but no object literal can name its function so.
const name = word.filter((text) => text !== '__proto__')
const params = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json)

/** Fields of a type, with functions of its own so that mixing two up is seen. */
const way: fc.Arbitrary<Partial<TaskType>> = fc.oneof(
  fc.boolean().map((shared) => ({ run: shared ? SHARED : () => 1 })),
  fc.record({ model: word, input: fc.constant(() => 1), output: fc.constantFrom(SHARED, undefined) }).map(({ output, ...rest }) => (output === undefined ? rest : { ...rest, output })),
  word.map((waitFor) => ({ waitFor })),
)
const knobs: fc.Arbitrary<Partial<TaskType>> = fc.record(
  {
    version: word,
    retry: fc.record({ attempts: fc.integer({ min: 1, max: 9 }), backoff: fc.constantFrom('constant', 'linear', 'exponential') }),
    timeoutMs: fc.double({ min: 0.5, max: 1e9, noNaN: true }),
    priority: fc.integer(),
    allowFailure: fc.boolean(),
    effect: fc.constantFrom('none', 'outside'),
    cache: fc.constantFrom(true, false, 'without-run-input'),
    paramsSchema: fc.constant(SCHEMA),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<TaskType>>
const body = fc.tuple(way, knobs).map(([means, rest]): Partial<TaskType> => ({ ...means, ...rest }))

const spec: fc.Arbitrary<WorkflowSpec> = fc
  .record({
    name: word,
    version: fc.option(word, { nil: undefined }),
    types: fc.uniqueArray(fc.tuple(name, body), { maxLength: 4, selector: ([id]) => id }),
    tasks: fc.uniqueArray(
      fc.record({ id: name, body, useType: fc.nat(8), params: fc.option(params, { nil: undefined }), needs: fc.array(fc.tuple(fc.nat(40), fc.constantFrom<Need['kind'] | 'short'>('short', 'hard', 'soft', 'optional', undefined)), { maxLength: 4 }) }),
      { minLength: 1, maxLength: 12, selector: (task) => task.id },
    ),
    output: fc.option(fc.nat(40), { nil: undefined }),
    hasInput: fc.boolean(),
  })
  .map(({ name: title, version, types, tasks, output, hasInput }): WorkflowSpec => ({
    name: title,
    ...(version === undefined ? {} : { version }),
    ...(types.length === 0 ? {} : { types: types.map(([id, fields]) => ({ name: id, ...fields })) }),
    ...(output === undefined ? {} : { output: (tasks[output % tasks.length] as { id: string }).id }),
    ...(hasInput ? { inputSchema: SCHEMA } : {}),
    tasks: tasks.map((task, place): TaskSpec => {
      const needs = new Map<string, string | Need>()
      for (const [seed, kind] of place === 0 ? [] : task.needs) {
        const { id } = tasks[seed % place] as { id: string }
        needs.set(id, kind === 'short' ? id : { task: id, ...(kind === undefined ? {} : { kind }) })
      }
      const fields = task.useType < types.length ? { type: (types[task.useType] as [string, unknown])[0] } : task.body
      return { id: task.id, ...fields, ...(needs.size === 0 ? {} : { needs: [...needs.values()] }), ...(task.params === undefined ? {} : { params: task.params }) }
    }),
  }))

function hashOf(definition: WorkflowSpec): string {
  return createDagTracker({ tasksMax: 16, edgesMax: 16, runsMax: 1 }).defineWorkflow(definition).hash
}

it('a definition is the same after any way out and back in', () => {
  fc.assert(
    fc.property(spec, (whole) => {
      const registry = registryOf(whole)
      const hash = hashOf(whole)
      const ways = [fromJson(JSON.stringify(toJson(whole)), registry), fromYaml(toYaml(whole), registry), fromYaml(JSON.stringify(toJson(whole)), registry)]
      for (const again of ways) {
        expect(again).toEqual(whole)
        expect(hashOf(again)).toBe(hash)
      }
      if (whole.tasks.some(({ id }) => id in Object.prototype)) {
        expect(() => toGraph(whole)).toThrow(expect.objectContaining({ code: 'WORKFLOW_INVALID' }))
        return
      }
      expect(toGraph(whole)).toBeInstanceOf(DirectedGraph)
      expect(hashOf(fromGraph(toGraph(whole)))).toBe(hash)
      const tracker = createDagTracker({ tasksMax: 16, edgesMax: 16, runsMax: 1 })
      expect(hashOf(fromGraph(toGraph(tracker.defineWorkflow(whole))))).toBe(hash)
    }),
    { seed: 11, numRuns: 100 },
  )
})
