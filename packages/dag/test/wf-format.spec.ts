import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createDagTracker, fromJson, fromWfFormat, registryOf, toJson } from '@symphony/dag'
import { isSymphonyError } from '@symphony/interface'
import type { WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { upwardRanks } from '../src/definition/template.ts'
import { compileSpec } from '../src/definition/validation.ts'

const FIXTURES = fileURLToPath(new URL('traces/', import.meta.url))
const TRACES = process.env['SYMPHONY_TRACES'] ?? fileURLToPath(new URL('../../../../shared/data/wfinstances/', import.meta.url))
const INDEX = join(TRACES, 'index.json')

interface IndexedTrace {
  readonly file: string
  readonly tasks: number
  readonly edges: number
  readonly types: number
  readonly criticalPathS: number
  readonly totalRuntimeS: number
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'))
}

function criticalPathMs(spec: WorkflowSpec): number {
  const compiled = compileSpec(spec)
  return upwardRanks(compiled, compiled.types.map((type) => type.expectedMs ?? 0)).reduce((longest, rank) => Math.max(longest, rank), 0)
}

function problemsOf(json: unknown): readonly string[] {
  try {
    fromWfFormat(json)
  } catch (error) {
    if (isSymphonyError(error) && error.code === 'WORKFLOW_INVALID') return error.details['problems'] as readonly string[]
    throw error
  }
  throw new Error('nothing was refused')
}

describe('WfFormat', () => {
  it('1.4 is read: one list, parents and children by name, files inside the tasks', () => {
    const spec = fromWfFormat(fixture('diamond-1.4.json'))
    expect(spec.tasks).toEqual([
      { id: 'ID0000001', type: 'split', expectedMs: 2000, params: { program: 'split', arguments: ['-n', '2'], inputFiles: [{ name: 'all.txt', bytes: 100 }], outputFiles: [{ name: 'half.txt', bytes: 50 }] } },
      { id: 'ID0000002', type: 'left', needs: ['ID0000001'], expectedMs: 3500, params: { program: 'left', arguments: [], inputFiles: [], outputFiles: [] } },
      { id: 'ID0000003', type: 'right', needs: ['ID0000001'], expectedMs: 10, params: { program: 'right', arguments: [], inputFiles: [], outputFiles: [] } },
      { id: 'ID0000004', type: 'join', needs: expect.toSatisfy((ids: string[]) => ids.sort().join() === 'ID0000002,ID0000003'), expectedMs: 1000, params: { program: 'join', arguments: [], inputFiles: [], outputFiles: [] } },
    ])
    expect(criticalPathMs(spec)).toBe(6500)
  })

  it('1.5 is read: specification and execution by id, sizes of files from their list', () => {
    const spec = fromWfFormat(fixture('fan-1.5.json'), { name: 'mine', version: '7', expectedMsMin: 300 })
    expect([spec.name, spec.version, spec.types?.map((type) => type.name)]).toEqual(['mine', '7', ['render', 'ocr', 'page', 'index']])
    expect(spec.tasks[0]).toMatchObject({ memoryBytes: 1_000_000, params: { arguments: ['in.pdf'], inputFiles: [{ name: 'in.pdf', bytes: 4096 }] } })
    expect(spec.tasks.map((task) => task.expectedMs)).toEqual([1000, 300, 2000, undefined, 500])
    expect(spec.tasks[3]?.params).toMatchObject({ inputFiles: [{ name: 'missing.png' }] })
    expect(createDagTracker({ tasksMax: 64, edgesMax: 64, runsMax: 8 }).defineWorkflow(spec)).toMatchObject({ taskCount: 5, edgeCount: 6 })
    expect(fromJson(toJson(spec), registryOf(spec))).toEqual(spec)
  })

  it('lets the caller say what a task does', () => {
    const spec = fromWfFormat(fixture('fan-1.5.json'), { task: ({ program }) => (program === 'ocr' ? { model: 'tesseract', retry: { attempts: 2 } } : {}) })
    expect(spec.types?.map((type) => type.name)).toEqual(['render', 'page', 'index'])
    expect(spec.tasks[1]).toMatchObject({ model: 'tesseract', retry: { attempts: 2 }, expectedMs: 250 })
    expect(compileSpec(spec).taskCount).toBe(5)
  })

  it('that is broken is refused with every problem', () => {
    expect(problemsOf(null)).toEqual(['workflow: must be an object, as WfFormat 1.4 and 1.5 have it'])
    expect(problemsOf({ workflow: { tasks: [] } })).toEqual(['workflow.tasks: must be an array of at least one task'])
    expect(problemsOf({ workflow: { specification: { tasks: [{ id: 'a' }, 5, {}] } } })).toHaveLength(2)
    expect(problemsOf({ workflow: { tasks: [{ id: 'a', parents: ['x'], children: 'b' }, { id: 'a' }] } })).toEqual([
      'workflow.tasks[1].id: "a" is there twice', 'workflow.tasks[0].parents[0]: no task "x"', 'workflow.tasks[0].children: must be an array of ids',
    ])
  })
})

const traces = existsSync(INDEX) ? (JSON.parse(readFileSync(INDEX, 'utf8')) as { instances: readonly IndexedTrace[] }).instances : []
if (traces.length === 0) console.log(`WfCommons traces skipped: none at ${TRACES} (SYMPHONY_TRACES says where they are)`)

describe.skipIf(traces.length === 0)('real traces', () => {
  it.each(traces.map((trace) => [trace.file, trace] as const))('%s has the tasks, edges and critical path it is known for', (file, known) => {
    const json: unknown = JSON.parse(gunzipSync(readFileSync(join(TRACES, file))).toString('utf8'))
    const spec = fromWfFormat(json)
    const template = createDagTracker({ tasksMax: 16, edgesMax: 16, runsMax: 1 }).defineWorkflow(spec)
    expect([template.taskCount, template.edgeCount, spec.types?.length]).toEqual([known.tasks, known.edges, known.types])
    expect(criticalPathMs(spec) / 1000).toBeCloseTo(known.criticalPathS, 1)
    expect(spec.tasks.reduce((sum, task) => sum + (task.expectedMs ?? 0), 0) / 1000).toBeCloseTo(known.totalRuntimeS, 1)
  })
})
