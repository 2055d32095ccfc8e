import type { Conductor, Json, StandardSchema, StreamEvent, SymphonyError, WorkflowSpec } from '@symphony/interface'
import { made } from './conductor-stage.ts'
import { equal, fails, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

const square: WorkflowSpec = { name: 'square', output: 'value', tasks: [{ id: 'value', run: ({ runInput }) => (runInput as number) ** 2 }] }

/** Runs within runs, and what runs tell while they go on. */
export const familyCases: readonly Case<Conductor>[] = [
  {
    name: 'does a task as a run of another workflow, and hands its output on',
    async run(make) {
      const { conductor, runtime } = await made(make)
      runtime.dag.defineWorkflow(square)
      runtime.dag.defineWorkflow({ name: 'two ends', tasks: [{ id: 'left', run: () => 1 }, { id: 'right', run: () => 2 }] })
      const handle = await conductor.orchestrate({
        name: 'parent',
        output: 'sum',
        tasks: [
          { id: 'three', workflow: 'square', input: () => 3 },
          { id: 'four', workflow: 'square', input: async () => 4 },
          { id: 'ends', workflow: 'two ends' },
          { id: 'sum', needs: ['three', 'four', 'ends'], run: ({ inputs }) => [inputs.get('three'), inputs.get('four'), inputs.get('ends')] as Json },
        ],
      }, null, { id: 'family', tenant: 'house' })
      same(await handle.result(), [9, 16, { left: 1, right: 2 }])
      same(runtime.dag.childrenOf('family').map(({ task, state }) => `${task} ${state}`).sort(), ['ends succeeded', 'four succeeded', 'three succeeded'])
      equal(runtime.dag.getWorkflowState('family/three').tenant, 'house')
    },
  },
  {
    name: 'tells the parent why a child failed, and makes another attempt another run',
    async run(make) {
      const { conductor, runtime, clock, settle } = await made(make)
      let calls = 0
      runtime.dag.defineWorkflow({ name: 'flaky', output: 'a', tasks: [{ id: 'a', run: () => { if (calls++ === 0) throw new Error('not yet'); return 'done' } }] })
      const handle = await conductor.orchestrate({ name: 'again', output: 'child', tasks: [{ id: 'child', workflow: 'flaky', retry: { attempts: 2, delayMs: 10 } }] })
      await settle()
      clock.advance(10)
      equal(await handle.result(), 'done')
      calls = 0
      const once = await conductor.orchestrate({ name: 'once', tasks: [{ id: 'child', workflow: 'flaky' }] })
      const error = await rejects('WORKFLOW_FAILED', once.result())
      ok(error.message.includes('not yet'), 'the reason comes up')
    },
  },
  {
    name: 'cancels children with their parent',
    async run(make) {
      const { conductor, runtime, settle } = await made(make)
      let aborted = 0
      runtime.dag.defineWorkflow({ name: 'endless', tasks: [{ id: 'wait', run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => { aborted++; resolve(0) })) }] })
      const handle = await conductor.orchestrate({ name: 'both', tasks: [{ id: 'a', workflow: 'endless' }, { id: 'b', workflow: 'endless' }] })
      await settle()
      equal(handle.cancel('enough'), true)
      await settle()
      equal(aborted, 2)
      same(runtime.dag.childrenOf(handle.id).map(({ state }) => state), ['cancelled', 'cancelled'])
    },
  },
  {
    name: 'refuses a workflow one of whose tasks is a workflow nobody has defined',
    async run(make) {
      const { conductor } = await made(make)
      const error = await rejects('WORKFLOW_INVALID', conductor.orchestrate({ name: 'orphan', tasks: [{ id: 'a', workflow: 'nowhere' }] }))
      ok(error.message.includes('nowhere'), 'the name is told')
    },
  },
  {
    name: 'streams what tasks emit, to readers who come back where they were',
    async run(make) {
      const { conductor, settle } = await made(make)
      const gate = Promise.withResolvers<void>()
      const handle = await conductor.orchestrate({
        name: 'speak',
        tasks: [{ id: 'speak', run: async ({ emit }) => {
          for (const word of ['one', 'two']) emit(word)
          await gate.promise
          emit({ word: 'three' })
        } }],
      })
      await settle()
      const first: StreamEvent[] = []
      for await (const event of handle.stream()) {
        first.push(event)
        if (first.length === 2) break
      }
      gate.resolve()
      await handle.ended()
      const rest: StreamEvent[] = []
      for await (const event of handle.stream({ fromSequence: first.at(-1)?.sequence ?? 0 })) rest.push(event)
      same([...first, ...rest].map((event) => (event.type === 'chunk' ? [event.sequence, event.task, event.value] : event.type)), [[1, 'speak', 'one'], [2, 'speak', 'two'], [3, 'speak', { word: 'three' }]])
    },
  },
  {
    name: 'waits for a signal from outside, with its value, early or late; pauses and goes on',
    async run(make) {
      const { conductor, settle } = await made(make)
      const handle = await conductor.orchestrate({
        name: 'approval',
        output: 'publish',
        tasks: [
          { id: 'first', waitFor: 'reviewed' },
          { id: 'second', waitFor: 'approved' },
          { id: 'publish', needs: ['first', 'second'], run: ({ inputs }) => [inputs.get('first') as Json, inputs.get('second') as Json] },
        ],
      })
      await settle()
      equal(handle.signal('approved', { by: 'Ann' }), true)
      equal(handle.pause(), true)
      equal(handle.signal('reviewed', { by: 'Bob' }), true)
      await settle()
      equal(handle.state().state, 'paused')
      equal(handle.resume(), true)
      same(await handle.result(), [{ by: 'Bob' }, { by: 'Ann' }])
      equal(handle.signal('approved', null), false)
    },
  },
  {
    name: 'tells how a run ended also when it has been forgotten since, whether anybody had asked or not',
    async run(make) {
      const { conductor, runtime, settle } = await made(make)
      const spec: WorkflowSpec = { name: 'short', output: 'a', tasks: [{ id: 'a', run: ({ runInput, attempt }) => (runInput === 'bad' ? Promise.reject(new Error('no luck')) : `${runInput as string} ${attempt}`) }] }
      const asked = await conductor.orchestrate(spec, 'asked', { id: 'asked' })
      equal(await asked.result(), 'asked 1')
      const [quiet, bad, again] = await Promise.all(['quiet', 'bad', 'again'].map((id) => conductor.orchestrate(spec, id, { id })))
      await settle()
      runtime.dag.retryFrom('again', 'a')
      await settle()
      for (const id of ['asked', 'quiet', 'bad', 'again']) equal(runtime.dag.forgetRun(id), true)
      same([await asked.result(), await quiet?.result(), await again?.result()], ['asked 1', 'quiet 1', 'again 2'])
      await rejects('WORKFLOW_FAILED', bad?.result() as Promise<unknown>)
      same([(await bad?.ended())?.state, quiet?.state().state, quiet?.progress().succeeded], ['failed', 'succeeded', 1])
      fails('RUN_UNKNOWN', () => quiet?.cancel())
      fails('RUN_UNKNOWN', () => conductor.handle('quiet'))
      // The name may be used again: the handle of the run before it tells of that one.
      const next = await conductor.orchestrate(spec, 'next', { id: 'quiet' })
      same([await next.result(), await quiet?.result()], ['next 1', 'quiet 1'])
    },
  },
  {
    name: 'starts no run within a run that has ended while the input was made, whatever is in its place now',
    async run(make) {
      const { conductor, runtime, settle } = await made(make)
      runtime.dag.defineWorkflow({ name: 'inner', tasks: [{ id: 'a', run: () => 1 }] })
      const inputs: PromiseWithResolvers<number>[] = []
      const seen: string[] = []
      const outer: WorkflowSpec = { name: 'outer', tasks: [{ id: 'task', workflow: 'inner', input: async (context) => {
        const gate = Promise.withResolvers<number>()
        inputs.push(gate)
        const input = await gate.promise
        try {
          seen.push(`${context.runId} ${String(context.runInput)}`)
        } catch (error) {
          seen.push((error as SymphonyError).code)
          if (input === 2) throw error
        }
        return input
      } }] }
      for (const id of ['first', 'second']) {
        const handle = await conductor.orchestrate(outer, id, { id })
        await settle()
        handle.cancel()
        runtime.dag.forgetRun(id)
      }
      const third = await conductor.orchestrate(outer, 'third', { id: 'third' })
      await settle()
      inputs.slice(0, 2).forEach((gate, place) => gate.resolve(place + 1))
      await settle()
      same([third.progress().ready, runtime.dag.childrenOf('third')], [1, []])
      inputs[2]?.resolve(3)
      equal((await third.ended()).state, 'succeeded')
      same([seen, runtime.dag.getWorkflowState('third/task').input], [['TASK_STATE', 'TASK_STATE', 'third third'], 3])
    },
  },
  {
    name: 'goes on in a new run from outputs that are edited, checked like those of the tasks themselves',
    async run(make) {
      const { conductor } = await made(make)
      const calls: string[] = []
      const text: StandardSchema = { '~standard': { version: 1, vendor: 'suite', validate: (value) => (typeof value === 'string' ? { value: value.trim() } : { issues: [{ message: 'is no text' }] }) } }
      const spec: WorkflowSpec = { name: 'letter', output: 'send', timeoutMs: 60_000, tasks: [
        { id: 'draft', outputSchema: text, run: () => (calls.push('draft'), 'dear all') },
        { id: 'check', needs: ['draft'], run: () => { calls.push('check'); throw new Error('too plain') } },
        { id: 'send', needs: ['draft', 'check'], run: ({ inputs, runInput }) => (calls.push('send'), `${inputs.get('draft') as string}, ${inputs.get('check') as string}, ${runInput as string}`) },
      ] }
      const handle = await conductor.orchestrate(spec, 'Ann', { id: 'r' })
      await handle.ended()
      fails('OUTPUT_INVALID', () => handle.fork({ outputs: { draft: 7 } }))
      fails('NOT_FOUND', () => handle.fork({ outputs: { drafts: 'text' } }))
      equal(await handle.fork({ outputs: { draft: ' dear Bob ', check: 'well' }, id: 'f', input: 'Cid' }).result(), 'dear Bob, well, Cid')
      same([calls, handle.state().state], [['draft', 'check', 'send'], 'failed'])
    },
  },
  {
    name: 'takes no for an answer, and only answers that fit',
    async run(make) {
      const { conductor, settle } = await made(make)
      const yes: StandardSchema = { '~standard': { version: 1, vendor: 'suite', validate: (value) => (value === 'yes' ? { value: { said: value } } : { issues: [{ message: 'say yes, or reject' }] }) } }
      const approval: WorkflowSpec = { name: 'approval', output: 'end', tasks: [
        { id: 'ask', waitFor: 'approved', outputSchema: yes },
        { id: 'publish', needs: ['ask'], run: ({ inputs }) => inputs.get('ask') },
        { id: 'tell', when: 'ask.failed', run: ({ inputs }) => inputs.error('ask')?.message },
        { id: 'end', needs: ['publish', 'tell'], join: 'any', run: ({ inputs }) => Object.fromEntries(inputs.entries()) },
      ] }
      const [taken, refused, early] = await Promise.all(['taken', 'refused', 'early'].map((id) => conductor.orchestrate(approval, null, { id })))
      equal(early?.reject('approved'), true)
      await settle()
      fails('OUTPUT_INVALID', () => taken?.signal('approved', 'perhaps'))
      equal(taken?.state().progress.waiting, 1)
      equal(taken?.signal('approved', 'yes'), true)
      equal(refused?.reject('approved', 'too long', { by: 'Ann' }), true)
      same(await taken?.result(), { publish: { said: 'yes' } })
      same(await refused?.result(), { tell: 'too long' })
      same(await early?.result(), { tell: '"approved" was rejected.' })
      const alone = await conductor.orchestrate({ name: 'alone', tasks: [{ id: 'ask', waitFor: 'approved' }] })
      equal(alone.reject('approved', 'no', { by: 'Ann' }), true)
      const { failures } = await alone.ended()
      same(failures.map(({ error: { code, message, details } }) => [code, message, details]), [['REJECTED', 'no', { signal: 'approved', by: 'Ann' }]])
      equal(alone.reject('approved'), false)
    },
  },
]
