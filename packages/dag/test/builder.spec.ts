import { createDagTracker, defineWorkflow } from '@symphony/dag'
import type { Conductor, StandardSchema } from '@symphony/interface'
import { expect, expectTypeOf, it } from 'vitest'

const SMALL = { tasksMax: 1024, edgesMax: 1024, runsMax: 64 }
const text: StandardSchema<unknown, string> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => (typeof value === 'string' ? { value } : { issues: [{ message: 'must be text' }] }) },
}

it('types the output of a task through to those that need it', () => {
  const spec = defineWorkflow<{ file: string }>('ocr', '2')
    .type('page', { run: async () => 7, version: '3' })
    .type('shout', { model: 'voice', output: (answer) => String(answer) })
    .task('scan', { run: async ({ runInput }) => [`${runInput.file}.png`] })
    .task('page', { type: 'page' })
    .task('shout', { type: 'shout', params: { loud: true } })
    .task('guess', { model: 'guesser', outputSchema: text })
    .task('unknown', { model: 'guesser' })
    .task('join', {
      needs: ['scan', { task: 'page', kind: 'soft' }, { task: 'shout', kind: 'optional' }, { task: 'guess', kind: 'hard' }, 'unknown'],
      params: { page: 1 },
      run: ({ inputs, params, runInput }) => {
        expectTypeOf(inputs.get('scan')).toEqualTypeOf<string[]>()
        expectTypeOf(inputs.get('page')).toEqualTypeOf<number | undefined>()
        expectTypeOf(inputs.get('shout')).toEqualTypeOf<string | undefined>()
        expectTypeOf(inputs.get('guess')).toEqualTypeOf<string>()
        expectTypeOf(inputs.get('unknown')).toEqualTypeOf<unknown>()
        expectTypeOf(params).toEqualTypeOf<{ page: number }>()
        expectTypeOf(runInput).toEqualTypeOf<{ file: string }>()
        return { pages: params.page }
      },
    })
    .output('join')
    .task('after', { needs: ['join'], model: 'm', input: ({ inputs }) => inputs.get('join').pages, output: (_answer, { inputs }) => inputs.get('join').pages })
    .task('last', { needs: ['after'], run: ({ inputs }) => inputs.get('after').toFixed(1) })
    .build()
  expectTypeOf(spec['~types']).toEqualTypeOf<{ readonly input: { file: string }; readonly output: { pages: number } }>()
  expect(createDagTracker(SMALL).defineWorkflow(spec)).toMatchObject({ name: 'ocr', version: '2', taskCount: 8, edgeCount: 7 })
  expect(spec).not.toHaveProperty('~types')
  expect([spec.output, spec.types?.map((type) => type.name)]).toEqual(['join', ['page', 'shout']])
})

it('refuses at compile time what was not named before', () => {
  const start = defineWorkflow('w').type('x', { run: () => 1 }).task('a', { type: 'x' }).task('b', { run: () => 2 })
  // @ts-expect-error no such task
  start.task('c', { run: () => 1, needs: ['missing'] })
  // @ts-expect-error no such task, by kind
  start.task('c', { run: () => 1, needs: [{ task: 'missing', kind: 'soft' }] })
  // @ts-expect-error no such kind
  start.task('c', { run: () => 1, needs: [{ task: 'a', kind: 'maybe' }] })
  // @ts-expect-error no such type
  start.task('c', { type: 'y' })
  // @ts-expect-error no such field
  start.task('c', { run: () => 1, timeout: 5 })
  // @ts-expect-error the output is a task
  start.output('c')
  // @ts-expect-error 'b' is a task, but not needed by this one
  start.task('c', { needs: ['a'], run: ({ inputs }) => inputs.get('b') })
  // @ts-expect-error without needs there is nothing to get
  start.task('c', { run: ({ inputs }) => inputs.get('a') })
  // @ts-expect-error a soft need may have left nothing
  start.task('c', { needs: [{ task: 'b', kind: 'soft' }], run: ({ inputs }): number => inputs.get('b') })
  // @ts-expect-error the value is a number
  start.task('c', { needs: ['b'], run: ({ inputs }): string => inputs.get('b') })
  expect(start.build().tasks).toHaveLength(2)
})

it('carries types of input and result to the handle of a run', () => {
  const typed = defineWorkflow('t').input<{ n: number }>().task('a', { run: ({ runInput }) => runInput.n }).output('a').build()
  const free = defineWorkflow('f').task('a', { run: () => 1 }).task('b', { run: () => 'x' }).build()
  const parsed = defineWorkflow('p').input(text).task('a', { run: ({ runInput }) => runInput.length }).output('a').build()
  expect(parsed.inputSchema).toBe(text)
  // Never called: only the compiler looks at it.
  async function start(conductor: Conductor): Promise<void> {
    expectTypeOf(await (await conductor.orchestrate(typed, { n: 1 })).result()).toEqualTypeOf<number>()
    expectTypeOf(await (await conductor.orchestrate(free)).result()).toEqualTypeOf<{ readonly a?: number; readonly b?: string }>()
    // @ts-expect-error the input is missing
    await conductor.orchestrate(typed)
    // @ts-expect-error the input is another one
    await conductor.orchestrate(typed, { n: 'one' })
    await conductor.orchestrate({ name: 'plain', tasks: [] }, { any: 'thing' }, { tenant: 't' })
  }
  expectTypeOf(start).returns.resolves.toEqualTypeOf<void>()
})

it('can share a beginning', () => {
  const start = defineWorkflow('w').task('a', { run: () => 1 })
  const [left, right] = [start.task('b', { run: () => 1, needs: ['a'] }).build(), start.task('c', { run: () => 1 }).build()]
  expect([left.tasks.map((task) => task.id), right.tasks.map((task) => task.id)]).toEqual([['a', 'b'], ['a', 'c']])
})
