import { createDagTracker, defineWorkflow, fromJson, fromYaml, registryOf, toJson, toYaml } from '@symphony/dag'
import { isSymphonyError } from '@symphony/interface'
import type { StandardSchema, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const scan = (): string[] => ['a.png']
const count = (): number => 1
const fail = (): never => {
  throw new Error('never called')
}
const page: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
const spec = defineWorkflow('ocr', '2')
  .type('page', { model: 'tesseract', output: count, retry: { attempts: 3 }, paramsSchema: page })
  .task('scan', { run: scan })
  .task('read', { type: 'page', needs: ['scan', { task: 'scan again', kind: 'soft' } as never], params: { dpi: 300 } })
  .task('scan again', { run: scan })
  .output('read')
  .build()

function hash(definition: WorkflowSpec): string {
  return createDagTracker({ tasksMax: 64, edgesMax: 64, runsMax: 8 }).defineWorkflow(definition).hash
}

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (error) {
    if (isSymphonyError(error) && error.code === 'WORKFLOW_INVALID') return error.details['problems'] as readonly string[]
    throw error
  }
  throw new Error('nothing was refused')
}

describe('JSON', () => {
  it('has names instead of functions and schemas, and leads back to the same workflow', () => {
    const json = toJson(spec)
    expect(json).toEqual({
      name: 'ocr',
      version: '2',
      output: 'read',
      types: [{ name: 'page', model: 'tesseract', output: 'page.output', retry: { attempts: 3 }, paramsSchema: 'page.paramsSchema' }],
      tasks: [
        { id: 'scan', run: 'scan' },
        { id: 'read', type: 'page', needs: ['scan', { task: 'scan again', kind: 'soft' }], params: { dpi: 300 } },
        { id: 'scan again', run: 'scan' },
      ],
    })
    const again = fromJson(JSON.stringify(json), registryOf(spec))
    expect(again).toEqual(spec)
    expect(again.tasks[0]?.run).toBe(scan)
    expect(hash(again)).toBe(hash(spec))
  })

  it('names what lies deeper: other ways, keys, lists and times that are computed', () => {
    const key = ({ runId }: { readonly runId: string }): string => runId
    const later = (): number => 5
    const deep: WorkflowSpec = {
      name: 'deep',
      types: [{ name: 'guess', model: 'large', input: scan, fallback: { model: 'small', input: count, output: scan } }],
      tasks: [
        { id: 'a', run: scan, fallback: { run: count }, concurrency: { max: 2, key: key as never }, outputSchema: page },
        { id: 'b', delayMs: 100, concurrency: { max: 1, key: 'printer' } },
        { id: 'c', untilMs: later, needs: ['b'] },
        { id: 'd', needs: ['a'], map: { over: 'a', run: count, fallback: { run: later }, failures: 'drop' } },
        { id: 'e', map: { over: scan, type: 'guess' } },
        { id: 'f', type: 'guess', fallback: { model: 'tiny' } },
      ],
    }
    const json = toJson(deep)
    expect(json['types']).toEqual([{ name: 'guess', model: 'large', input: 'guess.input', fallback: { model: 'small', input: 'guess.fallback.input', output: 'guess.input' } }])
    expect(json['tasks']).toEqual([
      { id: 'a', run: 'guess.input', fallback: { run: 'guess.fallback.input' }, concurrency: { max: 2, key: 'a.concurrency.key' }, outputSchema: 'a.outputSchema' },
      { id: 'b', delayMs: 100, concurrency: { max: 1, key: 'printer' } },
      { id: 'c', untilMs: 'c.untilMs', needs: ['b'] },
      { id: 'd', needs: ['a'], map: { over: 'a', run: 'guess.fallback.input', fallback: { run: 'c.untilMs' }, failures: 'drop' } },
      { id: 'e', map: { over: 'guess.input', type: 'guess' } },
      { id: 'f', type: 'guess', fallback: { model: 'tiny' } },
    ])
    for (const again of [fromJson(JSON.stringify(json), registryOf(deep)), fromYaml(toYaml(deep), registryOf(deep))]) {
      expect(again).toEqual(deep)
      expect(again.tasks[0]?.fallback?.run).toBe(count)
      expect(hash(again)).toBe(hash(deep))
    }
    expect(Object.keys(registryOf(defineWorkflow('own').task('read', { run: scan, fallback: { run: count, output: later } as never }).build()).functions)).toEqual(['read', 'read.fallback', 'read.fallback.output'])
    expect(problemsOf(() => fromJson(json, { ...registryOf(deep), functions: {} }))).toContain('tasks[0].fallback.run: no function "guess.fallback.input" among `functions`')
    expect(problemsOf(() => toJson(deep, { ...registryOf(deep), functions: { ...registryOf(deep).functions, printer: fail } }))).toEqual([
      'tasks[1].concurrency.key: "printer" is also the name of a function, and would be read as that; rename one of the two',
    ])
  })

  it('tells problems of maps where they are written', () => {
    const json = { name: 'w', tasks: [{ id: 'a', model: 'm' }, { id: 'b', needs: ['aa'], map: { over: 'a', model: 'm', timeoutMs: -1 } }, { id: 'c', model: 'm', needs: ['bb'] }] }
    expect(problemsOf(() => fromJson(json))).toEqual([
      'tasks[1].map.timeoutMs: must be a finite number above 0', expect.stringMatching(/^tasks\[1\]\.needs\[0\]: no task "aa"/), expect.stringMatching(/^tasks\[2\]\.needs\[0\]: no task "bb"/),
    ])
  })

  it('uses the names of a registry, both ways', () => {
    const registry = { functions: { scanner: scan, counter: count }, schemas: { page } }
    const json = toJson(createDagTracker({ tasksMax: 64, edgesMax: 64, runsMax: 8 }).defineWorkflow(spec), registry)
    expect(json['tasks']).toMatchObject([{ run: 'scanner' }, {}, { run: 'scanner' }])
    expect(fromJson(json, registry)).toEqual(spec)
    expect(json['tasks']).toMatchObject([{ run: 'scanner' }, {}, { run: 'scanner' }])
    expect(problemsOf(() => toJson(spec, { functions: { counter: count } }))).toEqual([
      'types[0].paramsSchema: this schema is not among `schemas`', 'tasks[0].run: this function is not among `functions`', 'tasks[2].run: this function is not among `functions`',
    ])
  })

  it('tells everything that is wrong at once, by path', () => {
    const json = {
      name: 'w',
      types: [{ name: 'x', run: 'raed', paramsSchema: 'none' }],
      tasks: [{ id: 'a', run: 'toString' }, { id: 'b', run: 5, needs: ['c'] }, { id: 'd', type: 'x', tiemoutMs: 5 }],
    }
    expect(problemsOf(() => fromJson(json, { functions: { read: scan } }))).toEqual([
      'types[0].run: no function "raed" among `functions`; did you mean "read"?',
      'types[0].paramsSchema: no schema "none" among `schemas`',
      'tasks[0].run: no function "toString" among `functions`',
      'tasks[1].run: must be the name of a function',
      'tasks[2].tiemoutMs: unknown key; did you mean "timeoutMs"?',
      'tasks[1].needs[0]: no task "c"; did you mean "a"?',
    ])
    expect(problemsOf(() => fromJson('{'))[0]).toMatch(/^json: /)
    for (const bad of ['null', '[]', '3', '{"name":"w","tasks":[null]}', '{"name":"w","tasks":{}}']) expect(problemsOf(() => fromJson(bad)).length).toBeGreaterThan(0)
    expect(problemsOf(() => fromJson({ name: 'w', tasks: [{ id: 'a', model: 'm', needs: ['b'] }, { id: 'b', model: 'm', needs: ['a'] }] }))[0]).toMatch(/circle: (a -> b -> a|b -> a -> b)$/)
  })

  it('refuses what JSON does not have, and numbers functions that want one name', () => {
    expect(problemsOf(() => toJson({ name: 'w', tasks: [{ id: 'a', model: 'm', params: { at: new Date(0) as never, n: Number.NaN } }] }))).toEqual([
      'tasks[0].params.at: JSON has no such value (object)', 'tasks[0].params.n: JSON has no such value (number)',
    ])
    const clash: WorkflowSpec = { name: 'w', types: [{ name: 'a', run: scan }], tasks: [{ id: 'a', run: count }, { id: 'b', type: 'a' }] }
    expect(Object.keys(registryOf(clash).functions)).toEqual(['a', 'a#2'])
    expect(fromJson(toJson(clash), registryOf(clash))).toEqual(clash)
  })
})

describe('a definition out of the log', () => {
  it('is the same workflow when it is defined anew, also where tasks turn knobs of a type', () => {
    const limits = { tasksMax: 64, edgesMax: 64, runsMax: 8 }
    const knobs: WorkflowSpec = {
      name: 'knobs',
      types: [{ name: 'read', model: 'large', retry: { attempts: 2 } }, { name: 'asked', waitFor: 'go', timeoutMs: 50 }],
      tasks: [{ id: 'a', type: 'read' }, { id: 'b', type: 'read', priority: 3 }, { id: 'c', type: 'asked', timeoutMs: 70, needs: ['a'] }, { id: 'd', model: 'small' }, { id: 'read', type: 'read', costUsd: 1 }],
    }
    const log = new RecordedLog()
    const first = createDagTracker(limits, { log })
    first.startWorkflow(knobs, { id: 'r' })
    const { spec: found, hash: before } = log.replayInto(createDagTracker(limits)).runTemplate(0 as never)
    expect(found.tasks.map(({ id, type }) => [id, type])).toEqual([['a', 'read'], ['b', 'read'], ['c', 'asked'], ['d', undefined], ['read', undefined]])
    expect([hash(found), hash(knobs)]).toEqual([before, before])
  })
})

describe('YAML', () => {
  const registry = { functions: { scan } }

  it('says the same as JSON', () => {
    expect(fromYaml(toYaml(spec), registryOf(spec))).toEqual(spec)
    const text = ['name: ocr', 'tasks:', '  - { id: scan, run: scan }', '  - id: read', '    model: tesseract', '    needs: [scan, { task: more, kind: soft }]', '  - &more { id: more, run: scan }'].join('\n')
    expect(fromYaml(text, registry)).toEqual({
      name: 'ocr',
      tasks: [{ id: 'scan', run: scan }, { id: 'read', model: 'tesseract', needs: ['scan', { task: 'more', kind: 'soft' }] }, { id: 'more', run: scan }],
    })
  })

  it('tells line and column of every problem', () => {
    const text = ['name: ocr', 'tasks:', '  - { id: scan, run: scna }', '  - id: read', '    model: tesseract', '    needs: [scan,', '      raed]', '    tiemoutMs: 5', '  - id: 7', '    model: m'].join('\n')
    expect(problemsOf(() => fromYaml(text, registry))).toEqual([
      'line 3, column 22: tasks[0].run: no function "scna" among `functions`; did you mean "scan"?',
      'line 8, column 16: tasks[1].tiemoutMs: unknown key; did you mean "timeoutMs"?',
      'line 9, column 9: tasks[2].id: must be a string that is not empty',
      'line 7, column 7: tasks[1].needs[0]: no task "raed"; did you mean "read"?'.replace('[0]', '[1]'),
    ])
  })

  it.each([
    ['a bracket that is left open', 'name: w\ntasks: [\n', /^line 3, column 1: /],
    ['a key that is there twice', 'name: w\nname: x\ntasks: []\n', /^line 2, column 1: /],
    ['tags of a program', 'name: w\ntasks:\n  - !!js/function x\n', /^line 3, column 5: /],
    ['an alias of nothing', 'name: w\ntasks: [*gone]\n', /^line 2, column 9: .*gone/],
    ['numbers JSON does not have', 'name: w\ntasks:\n  - { id: a, model: m, params: .nan }\n', /^line 3, column 32: tasks\[0\]\.params/],
    ['two documents', 'name: w\n---\nname: x\n', /^line 2, column 1: /],
    ['nothing', '', /^line 1, column 1: workflow/],
  ])('refuses %s', (_what, text, problem) => {
    expect(problemsOf(() => fromYaml(text))[0]).toMatch(problem)
  })

  it('refuses aliases that would unfold without end', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`)
    expect(problemsOf(() => fromYaml(['l0: &l0 [x]', ...levels].join('\n')))[0]).toMatch(/alias/i)
  })
})
