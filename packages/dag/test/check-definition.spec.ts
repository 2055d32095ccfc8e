import { checkDefinition, createDagTracker, defineWorkflow } from '@symphony/dag'
import { isSymphonyError } from '@symphony/interface'
import type { StandardSchema, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const SMALL = { tasksMax: 64, edgesMax: 64, runsMax: 8 }
const run = (): number => 1

function told(spec: WorkflowSpec, models?: readonly string[]): readonly string[] {
  return checkDefinition(spec, models === undefined ? {} : { models }).map(({ severity, path, message }) => `${severity} ${path}: ${message}`)
}

describe('checkDefinition', () => {
  it('finds nothing in a definition that is well', () => {
    const spec = defineWorkflow('w').type('p', { model: 'ocr', paramsSchema: v.object({ page: v.number() }) }).task('a', { type: 'p', params: { page: 1 } }).task('b', { run, needs: ['a'] }).build()
    expect(told(spec, ['ocr'])).toEqual([])
    expect(told(createDagTracker(SMALL).defineWorkflow(spec).spec, ['ocr'])).toEqual([])
  })

  it('tells unknown models, unfitting params and what a tracker would refuse, all at once', () => {
    const spec: WorkflowSpec = {
      name: 'w',
      types: [{ name: 'p', model: 'tesserakt', paramsSchema: v.object({ page: v.number(), box: v.optional(v.array(v.object({ x: v.number() }))) }) }, { name: 'q', model: 'tesseract' }],
      tasks: [{ id: 'a', type: 'p' }, { id: 'b', type: 'p', params: { page: 1, box: [{ x: 0 }, { x: 'no' }] } }, { id: 'c', model: 'gpt', needs: ['aa'] }],
    }
    expect(told(spec, ['tesseract'])).toEqual([
      'error tasks[2].needs[0]: no task "aa"; did you mean "a"?',
      'error types[0].model: no model "tesserakt"; did you mean "tesseract"?',
      'error tasks[2].model: no model "gpt"; register it first',
      expect.stringMatching(/^error tasks\[0\]\.params: .*Expected Object but received null/),
      expect.stringMatching(/^error tasks\[1\]\.params\.box\[1\]\.x: .*Expected number/),
    ])
    expect(told(spec)).toHaveLength(3)
    expect(told(spec, [])).toContain('error tasks[2].model: no model "gpt"; none is registered')
  })

  it('warns of tasks that lead nowhere, and of needs that are never there', () => {
    const useless: WorkflowSpec = {
      name: 'w',
      output: 'c',
      tasks: [{ id: 'a', run }, { id: 'b', run, needs: ['a'] }, { id: 'c', run, needs: [{ task: 'a', kind: 'optional' }] }, { id: 'mail', run, effect: 'outside', needs: ['text'] }, { id: 'text', run }],
    }
    expect(told(useless)).toEqual(['warning tasks[1]: "b" leads neither to the output "c" nor to an effect outside; let something need it, or leave it out'])
    const { output: _output, ...withoutOutput } = useless
    expect(told(withoutOutput)).toEqual([])
    const late: WorkflowSpec = {
      name: 'w',
      tasks: [{ id: 'a', run, needs: [{ task: 'z', kind: 'optional' }, { task: 'c', kind: 'optional' }] }, { id: 'b', run, needs: [{ task: 'a', kind: 'soft' }] }, { id: 'c', run, needs: ['b'] }, { id: 'z', run }],
    }
    expect(told(late)).toEqual(['warning tasks[0].needs[1]: "c" waits for "a" itself, so its result is never there in time; leave the need out'])
  })

  it('warns of conditions that never hold, and of what never runs with them', () => {
    const never: WorkflowSpec = {
      name: 'w',
      tasks: [
        { id: 'a', run }, { id: 'b', run }, { id: 'both', run, when: 'a && a.failed' }, { id: 'hard', run, needs: ['a'], when: '!a || b && !a.ended' },
        { id: 'cancelled', run, when: 'a.cancelled || b.cancelled' }, { id: 'after', run, needs: ['both'] }, { id: 'seen', run, when: 'both.skipped' },
        { id: 'after all', run, when: '"after" || "after".failed' }, { id: 'any', run, needs: ['a', 'both'], join: 'any' }, { id: 'soft', run, needs: [{ task: 'both', kind: 'soft' }] },
        { id: 'well', run, when: 'a.failed && (b || b.skipped)' },
      ],
    }
    const paths = checkDefinition(never).map(({ severity, path }) => `${severity} ${path}`)
    expect(paths).toEqual(['warning tasks[2].when', 'warning tasks[3].when', 'warning tasks[4].when', 'warning tasks[5]', 'warning tasks[7].when'])
  })

  it('looks into maps, and tells what is wrong where it is written', () => {
    const spec: WorkflowSpec = {
      name: 'w',
      output: 'all',
      tasks: [{ id: 'list', run }, { id: 'all', needs: ['list'], map: { over: 'list', model: 'tesserakt' } }, { id: 'more', map: { over: () => [], run } }, { id: 'never', run, when: 'list && !list' }],
    }
    expect(told(spec, ['tesseract'])).toEqual([
      'error tasks[1].map.model: no model "tesserakt"; did you mean "tesseract"?',
      expect.stringMatching(/^warning tasks\[2\]: "more.each" leads neither/), expect.stringMatching(/^warning tasks\[2\]: "more" leads neither/),
      expect.stringMatching(/^warning tasks\[3\]: "never" leads neither/), expect.stringMatching(/^warning tasks\[3\]\.when: holds in no case/),
    ])
  })

  it('tells defaults that do not fit what a task is to leave', () => {
    const spec: WorkflowSpec = { name: 'w', tasks: [{ id: 'a', run, default: 'none', outputSchema: v.number() }, { id: 'b', run, default: 0, outputSchema: v.number() }] }
    expect(told(spec)).toEqual([expect.stringMatching(/^error tasks\[0\]\.default: .*Expected number/)])
  })

  it.each([[null], [5], [[]], [{}], [{ name: 'w', tasks: [null] }], [{ name: 'w', tasks: [{ id: 'a', paramsSchema: 5, run }], types: 7 }], [{ name: 'w', tasks: [{ id: 'a', run }], inputSchema: {} }]])('never throws: %j', (bad) => {
    expect(checkDefinition(bad as never, { models: ['m'] }).filter(({ severity }) => severity === 'error')).not.toEqual([])
  })

  it('tells a circle with its tasks', () => {
    expect(told({ name: 'w', tasks: [{ id: 'a', run, needs: ['b'] }, { id: 'b', run, needs: ['a'] }] })[0]).toMatch(/^error tasks: these wait for each other in a circle: /)
  })
})

describe('the input of a run', () => {
  const spec = defineWorkflow('w').input(v.object({ file: v.string(), pages: v.optional(v.number(), 3) })).task('a', { run: ({ runInput }) => runInput.pages }).build()

  function refusal(start: () => unknown): unknown {
    try {
      start()
    } catch (error) {
      if (isSymphonyError(error)) return { code: error.code, problems: error.details['problems'] }
      throw error
    }
    throw new Error('it was taken')
  }

  it('is checked with the workflow\'s schema before anything is logged, and starts as the schema makes it', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker(SMALL, { log, clock: new VirtualClock(0) })
    expect(refusal(() => tracker.startWorkflow(spec, { input: { pages: 'many' } as never }))).toEqual({
      code: 'WORKFLOW_INVALID',
      problems: [expect.stringMatching(/^input\.file: /), expect.stringMatching(/^input\.pages: /)],
    })
    expect(refusal(() => tracker.startWorkflow(spec))).toMatchObject({ problems: [expect.stringMatching(/^input: /)] })
    expect(tracker.runs()).toEqual([])
    const id = tracker.startWorkflow(spec, { id: 'mine', input: { file: 'a.pdf' } })
    expect(tracker.getWorkflowState(id).input).toEqual({ file: 'a.pdf', pages: 3 })
    // A run that exists is found whatever it is asked for with.
    expect(tracker.startWorkflow(spec, { id: 'mine' })).toBe('mine')
    const again = log.replayInto(createDagTracker(SMALL, { clock: new VirtualClock(0) }))
    expect([again.getWorkflowState('mine').input, again.stateDigest()]).toEqual([{ file: 'a.pdf', pages: 3 }, tracker.stateDigest()])
  })

  it('is refused when its schema answers later, or is none', () => {
    const later: StandardSchema = { '~standard': { version: 1, vendor: 'slow', validate: () => Promise.reject(new Error('late')) } }
    expect(refusal(() => createDagTracker(SMALL).startWorkflow({ ...spec, inputSchema: later }))).toMatchObject({ problems: [expect.stringContaining('answers later')] })
    expect(refusal(() => createDagTracker(SMALL).defineWorkflow({ ...spec, inputSchema: {} as never }))).toMatchObject({ problems: [expect.stringMatching(/^inputSchema: must be a Standard Schema/)] })
  })

  it('is checked with the schema that was defined last, whatever else stayed the same', () => {
    const tracker = createDagTracker(SMALL)
    const tasks = [{ id: 'a', run }]
    tracker.defineWorkflow({ name: 'l', tasks, inputSchema: v.number() })
    tracker.defineWorkflow({ name: 'l', tasks, inputSchema: v.string() })
    expect(tracker.getWorkflowState(tracker.startWorkflow('l', { input: 'text' })).input).toBe('text')
    expect(refusal(() => tracker.startWorkflow('l', { input: 3 }))).toMatchObject({ code: 'WORKFLOW_INVALID' })
    const self: { '~standard': StandardSchema['~standard']; self?: unknown } = { '~standard': { version: 1, vendor: 'loop', validate: (value) => ({ value }) } }
    self.self = self
    for (let turn = 0; turn < 2; turn++) tracker.defineWorkflow({ name: 's', types: [{ name: 'x', run, paramsSchema: self }], tasks: [{ id: 'a', type: 'x' }] })
    expect(tracker.startWorkflow('s', { id: 'self' })).toBe('self')
  })

  it('schemas are no part of the shape, and the log has none of them', () => {
    const tracker = createDagTracker(SMALL)
    const typed = { name: 's', tasks: [{ id: 'a', run, paramsSchema: v.any(), outputSchema: v.number() }] }
    expect(tracker.defineWorkflow(typed).hash).toBe(tracker.defineWorkflow({ name: 's', tasks: [{ id: 'a', run }] }).hash)
    const log = new RecordedLog()
    createDagTracker(SMALL, { log, clock: new VirtualClock(0) }).startWorkflow(typed, { id: 'mine' })
    const again = log.replayInto(createDagTracker(SMALL, { clock: new VirtualClock(0) }))
    expect(again.task(again.taskRow('mine', 'a')).type).toEqual({ name: 'a' })
  })
})
