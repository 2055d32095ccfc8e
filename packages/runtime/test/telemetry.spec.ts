import { context, trace } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import { AlwaysOffSampler, BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { createDagTracker } from '@symphony/dag'
import type { DagTracker, ErrorData, TaskRow, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime, traceRuns } from '@symphony/runtime'
import { EventRing } from '@symphony/shared-memory'
import { beforeEach, describe, expect, it } from 'vitest'

let exporter: InMemorySpanExporter
let tracer: Tracer
beforeEach(() => {
  exporter = new InMemorySpanExporter()
  tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
})

const named = (name: string): ReadableSpan => {
  const span = exporter.getFinishedSpans().find((each) => each.name === name || each.attributes['symphony.task.id'] === name || each.attributes['symphony.run.id'] === name)
  if (span === undefined) throw new Error(`no span ${name} among ${exporter.getFinishedSpans().map((each) => each.name).join(', ')}`)
  return span
}
const ms = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1000 + nanoseconds / 1e6
const times = (span: ReadableSpan): readonly number[] => [ms(span.startTime), ms(span.endTime)]
const failed: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'no', retryable: true, details: {} }

/** A tracker under a clock that stands still until it is told, with a ring of events that shows its time. */
function stage(): { readonly dag: DagTracker; readonly events: EventRing; at(ms: number): void } {
  const clock = new VirtualClock(1_700_000_000_000)
  const events = new EventRing()
  events.tick(clock.nowMs())
  return {
    dag: createDagTracker({}, { clock, events }),
    events,
    at(offset) {
      clock.advance(1_700_000_000_000 + offset - clock.nowMs())
      events.tick(clock.nowMs())
    },
  }
}
const since = (times: readonly number[]): readonly number[] => times.map((time) => time - 1_700_000_000_000)

const two: WorkflowSpec = { name: 'two', version: '7', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', needs: ['a'], run: () => 2 }] }

function take(dag: DagTracker): TaskRow {
  const into = new Int32Array(1)
  expect(dag.takeReady(into)).toBe(1)
  return into[0] as TaskRow
}

describe('traceRuns', () => {
  it('writes a span for a run and one for each task, with the times they really had', () => {
    const { dag, events, at } = stage()
    traceRuns({ dag, events }, tracer)
    dag.startWorkflow(two, { id: 'r1', tenant: 'acme' })
    const a = take(dag)
    at(10)
    dag.beginTask(a)
    at(30)
    dag.completeTask(a)
    const b = take(dag)
    at(35)
    dag.beginTask(b)
    at(60)
    dag.completeTask(b)
    const run = named('run two')
    expect(since(times(run))).toEqual([0, 60])
    expect([since(times(named('a'))), since(times(named('b')))]).toEqual([[10, 30], [35, 60]])
    expect(run.parentSpanContext).toBeUndefined()
    expect(named('b').parentSpanContext?.spanId).toBe(run.spanContext().spanId)
    expect(run.attributes).toMatchObject({ 'symphony.workflow': 'two', 'symphony.version': '7', 'symphony.run.id': 'r1', 'symphony.run.state': 'succeeded', 'symphony.tenant': 'acme' })
    expect(named('b').attributes).toMatchObject({ 'symphony.task.type': 'b', 'symphony.task.state': 'succeeded', 'symphony.task.recalled': false, 'symphony.task.wait_ms': 5 })
    expect(run.status.code).toBe(1)
  })

  it('tells every attempt as an event, and the error of the last', () => {
    const { dag, events, at } = stage()
    traceRuns({ dag, events }, tracer)
    dag.startWorkflow(two, { id: 'r1' })
    for (const [index, begin] of [10, 40, 90].entries()) {
      at(begin)
      dag.wakeDue(1_700_000_000_000 + begin)
      const a = take(dag)
      dag.beginTask(a)
      at(begin + 5)
      dag.failTask(a, failed, index === 2 ? {} : { retryAtMs: 1_700_000_000_000 + begin + 25 })
    }
    const span = named('a')
    expect(since(times(span))).toEqual([10, 95])
    expect(span.events.map(({ name, attributes, time }) => [name, attributes?.['symphony.task.attempt'], ms(time) - 1_700_000_000_000])).toEqual([
      ['attempt', 1, 10], ['attempt failed', 1, 15], ['attempt', 2, 40], ['attempt failed', 2, 45], ['attempt', 3, 90], ['exception', undefined, 95],
    ])
    expect(span.events.at(-1)?.attributes).toMatchObject({ 'exception.message': 'no' })
    expect([span.status, named('run two').status]).toEqual([{ code: 2, message: 'no' }, { code: 2, message: 'a: no' }])
    const skipped = named('b')
    expect([skipped.attributes['symphony.task.state'], since(times(skipped)), skipped.status.code]).toEqual(['skipped', [95, 95], 0])
  })

  it('tells a run that was started for a task under that task, when its parent has ended', () => {
    const { dag, at } = stage()
    const parents: Record<string, unknown> = { inner: { runId: 'outer', task: 'a' } }
    const family: DagTracker = new Proxy(dag, {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown
        if (key === 'getWorkflowState') return (id: string) => ({ ...target.getWorkflowState(id), parent: parents[id] })
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
      },
    })
    traceRuns({ dag: family }, tracer)
    dag.startWorkflow({ name: 'outer', tasks: [{ id: 'a', run: () => 1 }] }, { id: 'outer' })
    const a = take(dag)
    dag.beginTask(a)
    dag.startWorkflow({ name: 'inner', tasks: [{ id: 'leaf', run: () => 1 }] }, { id: 'inner' })
    at(5)
    dag.completeTask(take(dag))
    expect(exporter.getFinishedSpans()).toEqual([])
    at(9)
    dag.completeTask(a)
    expect(exporter.getFinishedSpans().length).toBe(4)
    expect(named('run inner').parentSpanContext?.spanId).toBe(named('a').spanContext().spanId)
    expect(named('leaf').spanContext().traceId).toBe(named('run outer').spanContext().traceId)
  })

  it('takes the context and attributes its user gives to a run', () => {
    const { dag } = stage()
    const request = tracer.startSpan('request')
    traceRuns({ dag }, tracer, { contextOf: () => trace.setSpan(context.active(), request), attributesOf: ({ id }) => ({ 'my.id': id }) })
    dag.startWorkflow({ name: 'one', tasks: [{ id: 'a', run: () => 1 }] }, { id: 'r' })
    dag.completeTask(take(dag))
    expect(named('run one').parentSpanContext?.spanId).toBe(request.spanContext().spanId)
    expect(named('run one').attributes['my.id']).toBe('r')
  })

  it('looks at no task of a run whose trace is not kept, and ends when it is told to', () => {
    const { dag } = stage()
    let looks = 0
    const counting = { ...methods(dag), tasks: (id: string) => (looks++, dag.tasks(id)) }
    const off = new BasicTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('off')
    const end = traceRuns({ dag: counting }, off)
    const runOne = (id: string): void => {
      dag.startWorkflow({ name: 'one', tasks: [{ id: 'a', run: () => 1 }] }, { id })
      dag.completeTask(take(dag))
    }
    runOne('unsampled')
    expect(looks).toBe(0)
    end()
    const endSecond = traceRuns({ dag: counting }, tracer)
    runOne('sampled')
    expect(looks).toBe(1)
    endSecond()
    runOne('afterwards')
    expect([looks, exporter.getFinishedSpans().length]).toEqual([1, 2])
  })

  it('traces a whole runtime, recalled results and retries included', async () => {
    await using symphony = await createRuntime()
    traceRuns(symphony, tracer)
    const workflow: WorkflowSpec = {
      name: 'digest',
      tasks: [
        { id: 'cached', cache: true, run: () => 1 },
        { id: 'flaky', needs: ['cached'], retry: { attempts: 2, delayMs: 1 }, run: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('503')) : 2) },
      ],
    }
    await (await symphony.conductor.orchestrate(workflow, null, { id: 'first' })).result()
    expect(named('flaky').events.map(({ name }) => name)).toEqual(['attempt', 'attempt failed', 'attempt'])
    expect(times(named('flaky'))[0]).toBeGreaterThanOrEqual(times(named('cached'))[1] as number)
    exporter.reset()
    await (await symphony.conductor.orchestrate(workflow, null, { id: 'second' })).result()
    expect(named('cached').attributes['symphony.task.recalled']).toBe(true)
    expect(named('cached').events).toEqual([])
  })
})

function methods(dag: DagTracker): Pick<DagTracker, 'onRunEnded' | 'onReady' | 'getWorkflowState' | 'findRun' | 'taskRow'> {
  return {
    onRunEnded: (listener) => dag.onRunEnded(listener),
    onReady: (listener) => dag.onReady(listener),
    getWorkflowState: (id) => dag.getWorkflowState(id),
    findRun: (id) => dag.findRun(id),
    taskRow: (id, task) => dag.taskRow(id, task),
  }
}
