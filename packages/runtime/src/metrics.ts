import type { Runtime } from '@symphony/interface'
import type { Meter, MeterAttributes, ObservableFigure } from './meter.ts'

/** Whose figures are told: a runtime fits. */
export type MetricsSource = Pick<Runtime, 'pool' | 'dag' | 'artifacts' | 'arbitration' | 'conductor' | 'journal' | 'health'>

export interface MetricsOptions {
  /** Attributes of every figure, for instance which of several runtimes it is of. */
  readonly attributes?: MeterAttributes
  /** Also the durations of tasks: a look at each task of every run that ends. Default false. */
  readonly tasks?: boolean
}

/** How a figure behaves: it only rises; it is a sum of things that come and go; or it is a level. */
type Kind = 'counter' | 'upDown' | 'gauge'
type Figure = readonly [name: string, kind: Kind, unit: string, description: string, read: (source: MetricsSource) => number | undefined]

const FIGURES: readonly Figure[] = [
  ['symphony.conductor.decisions', 'counter', '{decision}', 'Tasks a policy has scored.', ({ conductor }) => conductor.metrics().decisions],
  ['symphony.conductor.attempts', 'counter', '{attempt}', 'Attempts begun.', ({ conductor }) => conductor.metrics().invoked],
  ['symphony.conductor.attempts.running', 'upDown', '{attempt}', 'Attempts that run now.', ({ conductor }) => conductor.metrics().inFlight],
  ['symphony.conductor.recalled', 'counter', '{task}', 'Tasks whose result was remembered.', ({ conductor }) => conductor.metrics().recalled],
  ['symphony.conductor.retried', 'counter', '{attempt}', 'Attempts that are made again after a failure.', ({ conductor }) => conductor.metrics().retried],
  ['symphony.conductor.late', 'counter', '{result}', 'Results refused because their attempt had been given up.', ({ conductor }) => conductor.metrics().late],
  ['symphony.pool.leases.granted', 'counter', '{lease}', 'Leases granted.', ({ pool }) => pool.metrics().leasesGranted],
  ['symphony.pool.leases.expired', 'counter', '{lease}', 'Leases taken back because their time was over.', ({ pool }) => pool.metrics().leasesExpired],
  ['symphony.pool.waiting', 'upDown', '{request}', 'Requests that wait for a slot.', ({ pool }) => pool.metrics().waiting],
  ['symphony.pool.hit_rate', 'gauge', '1', 'Leases granted at once, of all.', ({ pool }) => pool.metrics().hitRate],
  ['symphony.pool.wait.p50', 'gauge', 's', 'Median wait for a lease.', ({ pool }) => pool.metrics().waitMsP50 / 1000],
  ['symphony.pool.wait.p99', 'gauge', 's', 'Wait for a lease that one in a hundred exceeds.', ({ pool }) => pool.metrics().waitMsP99 / 1000],
  ['symphony.pool.loads', 'counter', '{load}', 'Model instances loaded.', ({ pool }) => pool.metrics().loads],
  ['symphony.pool.load_failures', 'counter', '{load}', 'Loads that failed.', ({ pool }) => pool.metrics().loadFailures],
  ['symphony.pool.evictions', 'counter', '{instance}', 'Instances unloaded to make room.', ({ pool }) => pool.metrics().evictions],
  ['symphony.pool.memory', 'upDown', 'By', 'Memory that loaded models hold.', ({ pool }) => pool.metrics().memoryBytes],
  ['symphony.arbitration.submitted', 'counter', '{request}', 'Requests for admission.', ({ arbitration }) => arbitration.metrics().submitted],
  ['symphony.arbitration.admitted', 'counter', '{request}', 'Requests admitted.', ({ arbitration }) => arbitration.metrics().admitted],
  ['symphony.arbitration.refused', 'counter', '{request}', 'Requests that can never be admitted.', ({ arbitration }) => arbitration.metrics().refused],
  ['symphony.arbitration.waiting', 'upDown', '{request}', 'Requests that wait.', ({ arbitration }) => arbitration.metrics().waiting],
  ['symphony.arbitration.running', 'upDown', '{request}', 'Requests admitted that have not ended.', ({ arbitration }) => arbitration.metrics().running],
  ['symphony.artifacts.count', 'upDown', '{artifact}', 'Artifacts stored.', ({ artifacts }) => artifacts.metrics().artifacts],
  ['symphony.artifacts.size', 'upDown', 'By', 'Bytes of their content.', ({ artifacts }) => artifacts.metrics().storedBytes],
  ['symphony.artifacts.deduplicated', 'counter', 'By', 'Bytes that were put and already there.', ({ artifacts }) => artifacts.metrics().deduplicatedBytes],
  ['symphony.artifacts.cache.hits', 'counter', '{read}', 'Reads answered from memory.', ({ artifacts }) => artifacts.metrics().cacheHits],
  ['symphony.artifacts.cache.misses', 'counter', '{read}', 'Reads that went to the disk.', ({ artifacts }) => artifacts.metrics().cacheMisses],
  ['symphony.artifacts.recall.hits', 'counter', '{lookup}', 'Results that were remembered.', ({ artifacts }) => artifacts.metrics().recallHits],
  ['symphony.artifacts.recall.misses', 'counter', '{lookup}', 'Results that were not.', ({ artifacts }) => artifacts.metrics().recallMisses],
  ['symphony.journal.records', 'counter', '{record}', 'Records appended.', ({ journal }) => journal?.metrics().records],
  ['symphony.journal.size', 'counter', 'By', 'Bytes appended.', ({ journal }) => journal?.metrics().bytes],
  ['symphony.journal.commits', 'counter', '{commit}', 'Groups of records forced to the device.', ({ journal }) => journal?.metrics().commits],
]

/**
 * Tells the figures of a runtime to an OpenTelemetry meter: what its components count, read when somebody collects and not before,
 * and how long runs took, by workflow and how they ended. Durations are in seconds. Without this call nothing is measured.
 *
 * @returns a function that ends it
 * @example
 * import { metrics } from '@opentelemetry/api'
 *
 * const symphony = await createRuntime({ folder: './state' })
 * measureRuntime(symphony, metrics.getMeter('my-service'))
 */
export function measureRuntime(source: MetricsSource, meter: Meter, options: MetricsOptions = {}): () => void {
  const { attributes = {} } = options
  const ends = FIGURES.filter(([, , , , read]) => read(source) !== undefined).map(([name, kind, unit, description, read]) => {
    return observed(instrument(meter, kind)(name, { unit, description }), (observe) => observe(read(source) ?? 0, attributes))
  })
  const health = meter.createObservableGauge('symphony.component.healthy', { unit: '1', description: '1 for a component that is healthy, 0 for one that is not.' })
  ends.push(observed(health, (observe) => {
    for (const { component, status } of source.health().components) observe(status === 'healthy' ? 1 : 0, { ...attributes, 'symphony.component': component.replace(/^@symphony\//, '') })
  }))
  ends.push(durations(source, meter, options))
  return () => ends.forEach((end) => end())
}

function instrument(meter: Meter, kind: Kind): Meter['createObservableGauge'] {
  if (kind === 'counter') return (name, options) => meter.createObservableCounter(name, options)
  return kind === 'upDown' ? (name, options) => meter.createObservableUpDownCounter(name, options) : (name, options) => meter.createObservableGauge(name, options)
}

function observed(figure: ObservableFigure, tell: (observe: (value: number, attributes: MeterAttributes) => void) => void): () => void {
  const callback = (result: { observe(value: number, attributes?: MeterAttributes): void }): void => tell((value, attributes) => result.observe(value, attributes))
  figure.addCallback(callback)
  return () => figure.removeCallback(callback)
}

function durations({ dag }: MetricsSource, meter: Meter, { attributes = {}, tasks = false }: MetricsOptions): () => void {
  const runs = meter.createHistogram('symphony.run.duration', { unit: 's', description: 'From the start of a run to its end.' })
  const attempts = tasks ? meter.createHistogram('symphony.task.duration', { unit: 's', description: 'From the start of the last attempt of a task to its end.' }) : undefined
  return dag.onRunEnded((_row, id) => {
    const run = dag.getWorkflowState(id)
    const workflow = { ...attributes, 'symphony.workflow': run.workflow }
    runs.record(((run.endedAtMs ?? run.startedAtMs) - run.startedAtMs) / 1000, { ...workflow, 'symphony.run.state': run.state })
    if (attempts === undefined) return
    for (const { type, state, startedAtMs, endedAtMs, recalled } of dag.tasks(id)) {
      if (startedAtMs > 0 && endedAtMs >= startedAtMs && !recalled) attempts.record((endedAtMs - startedAtMs) / 1000, { ...workflow, 'symphony.task.type': type, 'symphony.task.state': state })
    }
  })
}
