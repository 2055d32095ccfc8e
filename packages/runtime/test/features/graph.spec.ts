import { checkDefinition, defineWorkflow, toDot, toMermaid } from '@symphony/dag'
import type { Json, StandardSchema, TaskContext, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { describe, expect, it } from 'vitest'
import { fail, settle, stage } from './stage.ts'

const summed = (values: Iterable<readonly [string, unknown]>): number => [...values].reduce((sum, [, value]) => sum + Number(value), 0)

describe('what a workflow can look like', () => {
  it('D1 the graph is data: it is seen, measured and refused before anything runs', async () => {
    const { dag } = await stage()
    let calls = 0
    const run = (): void => void calls++
    const template = dag.defineWorkflow({ name: 'diamond', tasks: [{ id: 'a', run }, { id: 'b', run, needs: ['a'] }, { id: 'c', run, needs: ['a'] }, { id: 'd', run, needs: ['b', 'c'] }] })
    expect([template.taskCount, template.edgeCount]).toEqual([4, 4])
    const circle: WorkflowSpec = { name: 'circle', tasks: [{ id: 'a', run, needs: ['b'] }, { id: 'b', run, needs: ['a'] }] }
    expect(() => dag.defineWorkflow(circle)).toThrow(expect.objectContaining({ code: 'WORKFLOW_CYCLE', message: expect.stringMatching(/a.*b/) }))
    const wrong: WorkflowSpec = { name: 'wrong', tasks: [{ id: 'scan', run }, { id: 'scan', run }, { id: 'read', model: 'ocd', needs: ['scna'] }] }
    const problems = checkDefinition(wrong, { models: ['ocr'] })
    for (const part of ['scan', 'scna', 'ocd']) expect(problems.some(({ message }) => message.includes(`"${part}"`))).toBe(true)
    expect(calls).toBe(0)
  })

  it('D2 hard, soft and optional needs, conditions over outcomes, joins of some of many', async () => {
    const { symphony, conductor, dag } = await stage()
    const handle = await conductor.orchestrate({
      name: 'needs',
      tasks: [
        { id: 'good', run: () => 1 },
        { id: 'bad', allowFailure: true, run: fail },
        { id: 'never', run: () => new Promise(() => {}) },
        { id: 'hard', needs: ['bad'], run: () => 'not reached' },
        { id: 'soft', needs: [{ task: 'bad', kind: 'soft' }], run: ({ inputs }) => inputs.outcome('bad') },
        { id: 'optional', needs: ['good', { task: 'never', kind: 'optional' }], run: ({ inputs }) => [inputs.outcome('good'), inputs.outcome('never')] },
        { id: 'when', when: 'bad.failed && (good || !hard.ended)', run: () => 'held' },
        { id: 'quorum', needs: ['good', 'soft', 'never'], join: { atLeast: 2 }, run: () => 'two of three' },
      ],
    })
    await settle()
    expect(Object.fromEntries(dag.tasks(handle.id).map(({ id, state }) => [id, state]))).toEqual({
      good: 'succeeded', bad: 'failed', never: 'running', hard: 'skipped', soft: 'succeeded', optional: 'succeeded', when: 'succeeded', quorum: 'succeeded',
    })
    const [soft, optional] = ['soft', 'optional'].map((id) => dag.tasks(handle.id).find((task) => task.id === id)?.output)
    expect([symphony.artifacts.getJson(soft as never), symphony.artifacts.getJson(optional as never)]).toEqual(['failed', ['succeeded', 'open']])
    handle.cancel()
  })

  it('D2 tasks added at run time have conditions too', async () => {
    const { conductor } = await stage()
    const review: WorkflowSpec = { name: 'review', output: 'end', types: [{ name: 'step', run: ({ params }) => params }, { name: 'check', allowFailure: true, run: ({ params }) => (params === 'bad' ? fail() : params) }], tasks: [
      { id: 'plan', run: ({ runInput, expand }) => expand({ tasks: [
        { id: 'check', type: 'check', params: runInput },
        { id: 'publish', type: 'step', params: 'published', when: 'check', feeds: [{ task: 'end', kind: 'soft' }] },
        { id: 'mend', type: 'step', params: 'mended', when: 'check.failed', feeds: [{ task: 'end', kind: 'soft' }] },
      ] }) },
      { id: 'end', needs: ['plan'], run: ({ inputs }) => ['publish', 'mend'].flatMap((id) => (inputs.outcome(id) === 'succeeded' ? [inputs.get(id) as string] : [])) },
    ] }
    expect(await (await conductor.orchestrate(review, 'good')).result()).toEqual(['published'])
    expect(await (await conductor.orchestrate(review, 'bad')).result()).toEqual(['mended'])
  })

  it('D3 a task chooses where the run goes on', async () => {
    const { conductor } = await stage()
    const triage: WorkflowSpec = {
      name: 'triage',
      output: 'answer',
      tasks: [
        { id: 'classify', run: ({ runInput, route }) => route((runInput as string).includes('refund') ? 'billing' : 'support') },
        { id: 'billing', needs: ['classify'], run: () => 'billing answers' },
        { id: 'support', needs: ['classify'], run: () => 'support answers' },
        { id: 'answer', needs: ['billing', 'support'], join: 'any', run: ({ inputs }) => [...inputs.entries()].map(([, value]) => value as string) },
      ],
    }
    expect(await (await conductor.orchestrate(triage, 'a refund, please')).result()).toEqual(['billing answers'])
    expect(await (await conductor.orchestrate(triage, 'it does not start')).result()).toEqual(['support answers'])
  })

  it('D4 fan-out over data that is only known at run time, nested', async () => {
    const { conductor } = await stage()
    const books: WorkflowSpec = {
      name: 'books',
      output: 'letters',
      types: [{ name: 'chapter', run: ({ params }) => (params as string).length }],
      tasks: [
        { id: 'books', run: ({ runInput }) => runInput },
        { id: 'chapters', needs: ['books'], map: { over: 'books', run: ({ item, index, expand }) => expand({
          tasks: (item as string[]).map((params, at) => ({ id: `book ${index} chapter ${at}`, type: 'chapter', params, feeds: ['letters'] })),
        }) } },
        { id: 'letters', needs: ['chapters'], run: ({ inputs }) => inputs.ids.filter((id) => id !== 'chapters').map((id) => inputs.get(id) as number) },
      ],
    }
    expect(await (await conductor.orchestrate(books, [['a', 'bb'], [], ['ccc']])).result()).toEqual([1, 2, 3])
    const widths = await Promise.all([0, 1, 40].map(async (width) => {
      const handle = await conductor.orchestrate(books, Array.from({ length: width }, () => ['x']))
      return ((await handle.result()) as number[]).length
    }))
    expect(widths).toEqual([0, 1, 40])
  })

  it('D5 a graph of 10,000 tasks, all ready at once', async () => {
    const { conductor } = await stage()
    const parts = Array.from({ length: 10_000 }, (_, part) => ({ id: `part ${part}`, run: () => part }))
    const handle = await conductor.orchestrate({ name: 'wide', output: 'sum', tasks: [...parts, { id: 'sum', needs: parts.map(({ id }) => id), run: ({ inputs }) => summed(inputs.entries()) }] })
    expect(await handle.result()).toBe((10_000 * 9_999) / 2)
    expect(handle.progress()).toMatchObject({ total: 10_001, succeeded: 10_001 })
  })

  it('D35 a picture of the graph, with the state of its tasks', () => {
    const spec: WorkflowSpec = { name: 'picture', tasks: [{ id: 'scan', run: () => 1 }, { id: 'read', needs: ['scan'], run: () => 2 }] }
    const mermaid = toMermaid(spec, { states: { scan: 'succeeded' } })
    expect(mermaid).toMatch(/^(graph|flowchart)/m)
    for (const text of [mermaid, toDot(spec)]) for (const part of ['scan', 'read']) expect(text).toContain(part)
    expect(mermaid).toContain('succeeded')
    expect(toMermaid(spec)).not.toContain('succeeded')
    expect(toDot(spec)).toMatch(/->/)
  })

  it('pain 17: a task adds tasks and edges in the same commit; a join takes all, any or some', async () => {
    const { conductor, dag } = await stage()
    const handle = await conductor.orchestrate({
      name: 'grow',
      output: 'report',
      types: [{ name: 'page', run: ({ params }) => params }, { name: 'best', run: ({ inputs }) => Math.max(...[...inputs.entries()].map(([, value]) => Number(value))) }],
      tasks: [
        { id: 'plan', run: ({ expand }) => expand({
          tasks: [{ id: 'best', type: 'best', needs: ['page 0', 'page 1', 'page 2'], join: { atLeast: 2 }, feeds: ['report'] }, ...[3, 9, 27].map((params, at) => ({ id: `page ${at}`, type: 'page', params, needs: ['plan'] }))],
        }) },
        { id: 'report', needs: ['plan'], run: ({ inputs }) => inputs.get('best') as number },
      ],
    })
    expect(await handle.result()).toBeGreaterThanOrEqual(9)
    expect(dag.tasks(handle.id).map(({ id }) => id).sort()).toEqual(['best', 'page 0', 'page 1', 'page 2', 'plan', 'report'])
    const circular = await conductor.orchestrate({ name: 'grow wrongly', types: [{ name: 'x', run: () => 1 }], tasks: [{ id: 'plan', run: ({ expand }) => expand({ tasks: [{ id: 'x', type: 'x', needs: ['y'] }, { id: 'y', type: 'x', needs: ['x'] }] }) }] })
    expect((await circular.ended()).failures[0]?.error.code).toBe('WORKFLOW_CYCLE')
    expect(circular.progress().total).toBe(1)
  })

  it('pain 19: 1,000 runs at once leak nothing into each other', async () => {
    const { conductor } = await stage()
    const echo = ({ runInput, inputs, taskId, runId }: TaskContext): Json => [runInput, runId, taskId, ...inputs.ids.map((id) => inputs.get(id) as Json)]
    const workflow: WorkflowSpec = {
      name: 'echo',
      output: 'c',
      tasks: [
        { id: 'a', run: async (context) => (await Promise.resolve(), echo(context)) },
        { id: 'b', needs: ['a'], map: { over: ({ runInput }) => [runInput, runInput], run: ({ item }) => item } },
        { id: 'c', needs: ['b', 'a'], run: async (context) => echo(context) },
      ],
    }
    const handles = await Promise.all(Array.from({ length: 1000 }, (_, number) => conductor.orchestrate(workflow, { number }, { id: `run ${number}` })))
    for (const [number, handle] of handles.entries()) {
      const id = `run ${number}`
      expect(await handle.result()).toEqual([{ number }, id, 'c', [{ number }, id, 'a'], [{ number }, { number }]])
    }
  })

  it('pain 20: what cannot be stored is a failure of its task that says where; what can arrives as it was', async () => {
    const { conductor } = await stage()
    const bytes = new Uint8Array([0, 255, 13, 10])
    const handle = await conductor.orchestrate({ name: 'values', output: 'look', tasks: [{ id: 'bytes', run: () => bytes }, { id: 'deep', run: () => ({ a: [{ ü: null }] }) }, {
      id: 'look', needs: ['bytes', 'deep'], run: ({ inputs }) => [inputs.get('bytes') instanceof Uint8Array, [...(inputs.get('bytes') as Uint8Array)], inputs.get('deep') as Json],
    }] })
    expect(await handle.result()).toEqual([true, [0, 255, 13, 10], { a: [{ ü: null }] }])
    const odd = await conductor.orchestrate({ name: 'odd', tasks: [{ id: 'big', run: () => ({ rows: [1, { id: 7n }] }) }] })
    const [failure] = (await odd.ended()).failures
    expect(failure?.task).toBe('big')
    expect(failure?.error.message).toMatch(/rows.*1.*id/)
  })

  it('pain 20: what a task leaves is checked by its schema: what does not fit is a failure with a code, not the input of the next', async () => {
    const { conductor, pass } = await stage({ models: [{ id: 'writer', runner: functionRunner(() => '{ "pages": "many" }') }] })
    const book: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => (typeof (value as { pages: unknown }).pages === 'number' ? { value } : { issues: [{ message: 'must be a number', path: ['pages'] }] }) } }
    let attempts = 0
    const handle = await conductor.orchestrate({ name: 'checked', tasks: [
      { id: 'write', model: 'writer', input: () => null, output: (answer) => (attempts++, JSON.parse(answer as string)), outputSchema: book, retry: { attempts: 2, delayMs: 0, on: ['OUTPUT_INVALID'] } },
      { id: 'print', needs: ['write'], run: () => 'not reached' },
    ] })
    await settle()
    await pass(1)
    const { failures } = await handle.ended()
    expect(failures).toMatchObject([{ task: 'write', error: { code: 'OUTPUT_INVALID', retryable: false, details: { problems: ['output.pages: must be a number'] } } }])
    expect(attempts).toBe(2)
  })

  it('pain 22: types go from task to task, to the input and to the result, without a word of generics', async () => {
    const { conductor } = await stage()
    const step = defineWorkflow<{ n: number }>('typed')
      .task('a', { run: ({ runInput }) => ({ sum: runInput.n }) })
      .task('b', { needs: ['a'], run: ({ inputs }) => ({ sum: inputs.get('a').sum + 1, text: 'b' }) })
      .task('c', { needs: ['a', { task: 'b', kind: 'soft' }], run: ({ inputs }) => inputs.get('a').sum + (inputs.get('b')?.sum ?? 0) })
      .output('c')
      .build()
    // The type check of this package fails when the compiler does not know that this is a number, or takes what is below.
    const result: number = await (await conductor.orchestrate(step, { n: 20 })).result()
    expect(result).toBe(41)
    // @ts-expect-error the input has an `n`, and no `m`
    const wrongInput = (): unknown => conductor.orchestrate(step, { m: 1 })
    // @ts-expect-error there is no task "b" to need
    const wrongNeed = (): unknown => defineWorkflow('wrong').task('a', { run: () => 1 }).task('c', { needs: ['b'], run: () => 2 })
    expect([wrongInput, wrongNeed]).toHaveLength(2)
  })
})
