import type { ArbitrationMetrics, ArtifactMetrics, ConductorMetrics, JournalMetrics, PoolMetrics, Runtime } from '@symphony/interface'
import type { BatchCallback, Meter, MeterAttributes } from './meter.ts'

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
type Figure = readonly [name: string, kind: Kind, unit: string, description: string, read: (counts: Counts) => number | undefined]

/** What the components count, asked once a collection. */
interface Counts {
  readonly conductor: ConductorMetrics
  readonly pool: PoolMetrics
  readonly arbitration: ArbitrationMetrics
  readonly artifacts: ArtifactMetrics
  readonly journal: JournalMetrics | undefined
}

const FIGURES: readonly Figure[] = [
  ['symphony.conductor.decisions', 'counter', '{decision}', 'Tasks a policy has scored.', ({ conductor }) => conductor.decisions],
  ['symphony.conductor.attempts', 'counter', '{attempt}', 'Attempts begun.', ({ conductor }) => conductor.invoked],
  ['symphony.conductor.attempts.running', 'upDown', '{attempt}', 'Attempts that run now.', ({ conductor }) => conductor.inFlight],
  ['symphony.conductor.recalled', 'counter', '{task}', 'Tasks whose result was remembered.', ({ conductor }) => conductor.recalled],
  ['symphony.conductor.retried', 'counter', '{attempt}', 'Attempts that are made again after a failure.', ({ conductor }) => conductor.retried],
  ['symphony.conductor.late', 'counter', '{result}', 'Results refused because their attempt had been given up.', ({ conductor }) => conductor.late],
  ['symphony.pool.leases.granted', 'counter', '{lease}', 'Leases granted.', ({ pool }) => pool.leasesGranted],
  ['symphony.pool.leases.expired', 'counter', '{lease}', 'Leases taken back because their time was over.', ({ pool }) => pool.leasesExpired],
  ['symphony.pool.waiting', 'upDown', '{request}', 'Requests that wait for a slot.', ({ pool }) => pool.waiting],
  ['symphony.pool.hit_rate', 'gauge', '1', 'Leases granted at once, of all.', ({ pool }) => pool.hitRate],
  ['symphony.pool.wait.p50', 'gauge', 's', 'Median wait for a lease.', ({ pool }) => pool.waitMsP50 / 1000],
  ['symphony.pool.wait.p99', 'gauge', 's', 'Wait for a lease that one in a hundred exceeds.', ({ pool }) => pool.waitMsP99 / 1000],
  ['symphony.pool.loads', 'counter', '{load}', 'Model instances loaded.', ({ pool }) => pool.loads],
  ['symphony.pool.load_failures', 'counter', '{load}', 'Loads that failed.', ({ pool }) => pool.loadFailures],
  ['symphony.pool.evictions', 'counter', '{instance}', 'Instances unloaded to make room.', ({ pool }) => pool.evictions],
  ['symphony.pool.memory', 'upDown', 'By', 'Memory that loaded models hold.', ({ pool }) => pool.memoryBytes],
  ['symphony.arbitration.submitted', 'counter', '{request}', 'Requests for admission.', ({ arbitration }) => arbitration.submitted],
  ['symphony.arbitration.admitted', 'counter', '{request}', 'Requests admitted.', ({ arbitration }) => arbitration.admitted],
  ['symphony.arbitration.refused', 'counter', '{request}', 'Requests that can never be admitted.', ({ arbitration }) => arbitration.refused],
  ['symphony.arbitration.waiting', 'upDown', '{request}', 'Requests that wait.', ({ arbitration }) => arbitration.waiting],
  ['symphony.arbitration.running', 'upDown', '{request}', 'Requests admitted that have not ended.', ({ arbitration }) => arbitration.running],
  ['symphony.artifacts.count', 'upDown', '{artifact}', 'Artifacts stored.', ({ artifacts }) => artifacts.artifacts],
  ['symphony.artifacts.size', 'upDown', 'By', 'Bytes of their content.', ({ artifacts }) => artifacts.storedBytes],
  ['symphony.artifacts.deduplicated', 'counter', 'By', 'Bytes that were put and already there.', ({ artifacts }) => artifacts.deduplicatedBytes],
  ['symphony.artifacts.cache.hits', 'counter', '{read}', 'Reads answered from memory.', ({ artifacts }) => artifacts.cacheHits],
  ['symphony.artifacts.cache.misses', 'counter', '{read}', 'Reads that went to the disk.', ({ artifacts }) => artifacts.cacheMisses],
  ['symphony.artifacts.recall.hits', 'counter', '{lookup}', 'Results that were remembered.', ({ artifacts }) => artifacts.recallHits],
  ['symphony.artifacts.recall.misses', 'counter', '{lookup}', 'Results that were not.', ({ artifacts }) => artifacts.recallMisses],
  ['symphony.journal.records', 'counter', '{record}', 'Records appended.', ({ journal }) => journal?.records],
  ['symphony.journal.size', 'counter', 'By', 'Bytes appended.', ({ journal }) => journal?.bytes],
  ['symphony.journal.commits', 'counter', '{commit}', 'Groups of records forced to the device.', ({ journal }) => journal?.commits],
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
  const before = countsOf(source)
  const told = FIGURES.filter(([, , , , read]) => read(before) !== undefined).map(([name, kind, unit, description, read]) => ({ figure: instrument(meter, kind)(name, { unit, description }), read }))
  const health = meter.createObservableGauge('symphony.component.healthy', { unit: '1', description: '1 for a component that is healthy, 0 for one that is not.' })
  const panics = meter.createObservableCounter('symphony.component.panics', { unit: '{panic}', description: 'How often a component failed inside.' })
  const restorations = meter.createObservableCounter('symphony.component.restorations', { unit: '{restoration}', description: 'How often a component that had failed inside was restored.' })
  const tell: BatchCallback = (result) => {
    const counts = countsOf(source)
    for (const { figure, read } of told) result.observe(figure, read(counts) ?? 0, attributes)
    for (const part of source.health().components) {
      const of = { ...attributes, 'symphony.component': part.component.replace(/^@symphony\//, '') }
      result.observe(health, part.status === 'healthy' ? 1 : 0, of)
      result.observe(panics, part.panics, of)
      result.observe(restorations, part.restorations, of)
    }
  }
  const figures = [health, panics, restorations, ...told.map(({ figure }) => figure)]
  meter.addBatchObservableCallback(tell, figures)
  const endDurations = durations(source, meter, options)
  return () => {
    meter.removeBatchObservableCallback(tell, figures)
    endDurations()
  }
}

function countsOf({ conductor, pool, arbitration, artifacts, journal }: MetricsSource): Counts {
  return { conductor: conductor.metrics(), pool: pool.metrics(), arbitration: arbitration.metrics(), artifacts: artifacts.metrics(), journal: journal?.metrics() }
}

function instrument(meter: Meter, kind: Kind): Meter['createObservableGauge'] {
  if (kind === 'counter') return (name, options) => meter.createObservableCounter(name, options)
  return kind === 'upDown' ? (name, options) => meter.createObservableUpDownCounter(name, options) : (name, options) => meter.createObservableGauge(name, options)
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
