import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import { VirtualClock } from '@symphony/ports'
import { createRuntime, measureRuntime } from '@symphony/runtime'
import { afterEach, expect, it } from 'vitest'

class Collector extends MetricReader {
  protected onShutdown(): Promise<void> {
    return Promise.resolve()
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  /** Everything that was measured, by name. */
  async figures(): Promise<ReadonlyMap<string, MetricData>> {
    const { resourceMetrics, errors } = await this.collect()
    expect(errors).toEqual([])
    return new Map(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => [metric.descriptor.name, metric] as const)))
  }
}

const collector = new Collector()
const provider = new MeterProvider({ readers: [collector] })
const meter = provider.getMeter('test')
afterEach(() => collector.forceFlush())

const points = (figures: ReadonlyMap<string, MetricData>, name: string): readonly DataPoint<unknown>[] => figures.get(name)?.dataPoints ?? []
const value = (figures: ReadonlyMap<string, MetricData>, name: string): unknown => points(figures, name).at(-1)?.value

it('D33 the figures of a runtime go to any OpenTelemetry meter: read when they are collected, and no more once it ends', async () => {
  const clock = new VirtualClock()
  await using symphony = await createRuntime({ clock })
  const end = measureRuntime(symphony, meter, { attributes: { 'service.part': 'a' }, tasks: true })
  const handle = await symphony.conductor.orchestrate({ name: 'measured', tasks: [{ id: 'first', run: () => 1 }, { id: 'second', needs: ['first'], run: () => 2 }] })
  await handle.ended()
  const broken = await symphony.conductor.orchestrate({ name: 'broken', tasks: [{ id: 'only', run: () => { throw new Error('no') } }] })
  await broken.ended()

  const figures = await collector.figures()
  expect(value(figures, 'symphony.conductor.attempts')).toBe(3)
  expect(value(figures, 'symphony.conductor.attempts.running')).toBe(0)
  expect(value(figures, 'symphony.pool.leases.granted')).toBe(3)
  expect(value(figures, 'symphony.arbitration.admitted')).toBe(3)
  expect(value(figures, 'symphony.artifacts.count')).toBe(2)
  expect(figures.get('symphony.artifacts.size')?.descriptor.unit).toBe('By')
  // In memory there is no journal to tell of.
  expect(figures.has('symphony.journal.records')).toBe(false)
  expect(points(figures, 'symphony.component.healthy').map(({ attributes, value: healthy }) => [attributes['symphony.component'], healthy])).toContainEqual(['dag', 1])
  expect(points(figures, 'symphony.component.panics').map(({ attributes, value: often }) => [attributes['symphony.component'], often])).toContainEqual(['dag', 0])
  expect(points(figures, 'symphony.component.restorations')).toHaveLength(6)
  expect(points(figures, 'symphony.conductor.attempts')[0]?.attributes).toEqual({ 'service.part': 'a' })

  const runs = points(figures, 'symphony.run.duration') as readonly DataPoint<Histogram>[]
  expect(runs.map(({ attributes, value: { count } }) => [attributes['symphony.workflow'], attributes['symphony.run.state'], count])).toEqual([['measured', 'succeeded', 1], ['broken', 'failed', 1]])
  const tasks = points(figures, 'symphony.task.duration') as readonly DataPoint<Histogram>[]
  expect(tasks.map(({ attributes, value: { count } }) => [attributes['symphony.task.type'], attributes['symphony.task.state'], count])).toEqual([
    ['first', 'succeeded', 1],
    ['second', 'succeeded', 1],
    ['only', 'failed', 1],
  ])

  end()
  await (await symphony.conductor.orchestrate('measured')).ended()
  const after = await collector.figures()
  // Not read again: two more have begun since.
  expect(value(after, 'symphony.conductor.attempts')).toBe(3)
  expect((points(after, 'symphony.run.duration') as readonly DataPoint<Histogram>[]).map(({ value: { count } }) => count)).toEqual([1, 1])
})

it('durations are those of the clock of the runtime, in seconds', async () => {
  const clock = new VirtualClock()
  await using symphony = await createRuntime({ clock })
  measureRuntime(symphony, meter)
  const handle = await symphony.conductor.orchestrate({ name: 'waits', tasks: [{ id: 'pause', delayMs: 90_000 }] })
  const ended = handle.ended()
  await new Promise(setImmediate)
  clock.advance(90_000)
  await ended
  const [found] = (points(await collector.figures(), 'symphony.run.duration') as readonly DataPoint<Histogram>[]).filter(({ attributes }) => attributes['symphony.workflow'] === 'waits')
  expect(found?.value.sum).toBe(90)
})
