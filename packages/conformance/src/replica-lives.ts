import type { ArbitrationEngine, ArtifactRef, ArtifactStore, DagTracker } from '@symphony/interface'
import { granted, MODEL, stage as arbitrationStage, submit } from './arbitration-stage.ts'
import { liveThrough, setUp } from './artifacts-stage.ts'
import { begin, drain, fail, flow, OTHER_REF, REF, stage } from './dag-stage.ts'
import { ok } from './expectations.ts'
import type { Life } from './replica-cases.ts'
import type { Maker } from './suite.ts'

/** Runs that begin, end in every way, wait, grow and are forgotten. */
export async function dagLife(make: Maker<DagTracker>): Promise<Life<DagTracker>> {
  const { dag, clock, commands } = await stage(make, { keepEndedRuns: 2 })
  const spec = flow('w', { a: [], b: ['a'], c: ['b?'], d: [], e: ['d'] }, { d: { waitFor: 'go' } })
  const expansion = { tasks: [{ id: 'n', type: 'y', params: [1], needs: ['a'], feeds: ['c'] }] }
  const lives = ['one', 'two', 'three', 'four'].flatMap((id) => [
    () => void dag.startWorkflow(spec, { id, input: { id }, tenant: id }),
    () => ok(dag.completeTask(dag.taskRow(id, 'a'), { output: REF, expansion }, begin(dag, id, 'a'))),
    () => fail(dag, id, 'b', clock.nowMs() + 5),
    () => (clock.advance(10), void dag.wakeDue(clock.nowMs())),
    () => fail(dag, id, 'b'),
    () => void dag.signalWorkflow(id, 'go', OTHER_REF),
  ])
  const large = flow('large', { a: [] }, { a: { params: 'x'.repeat(1 << 20) } })
  const steps = [
    ...lives,
    () => drain(dag),
    () => void dag.startWorkflow(large, { id: 'large', input: 'y'.repeat(1 << 20) }),
    () => void dag.pauseWorkflow('large'),
    () => void dag.startWorkflow(spec, { id: 'five' }),
    () => void begin(dag, 'five', 'a'),
    () => void dag.cancelWorkflow('five', 'enough'),
    () => void dag.retryFrom('five', 'a'),
    () => drain(dag),
    () => void dag.forgetRun('four'),
  ]
  return { component: dag, commands, steps }
}

/** Contents that come, are named, and go. */
export async function artifactsLife(make: Maker<ArtifactStore>): Promise<Life<ArtifactStore>> {
  const { store, around } = await setUp(make, { largeBytes: 2000 })
  const steps = [
    () => void store.put('before', { name: 'page' }),
    () => liveThrough(store, around.clock),
    () => store.delete(store.versions('page')[0]?.ref as ArtifactRef),
    () => void store.put('before', { tags: { again: 'yes' } }),
    () => store.remember('both', [store.put('after', { name: 'page' })]),
  ]
  return { component: store, commands: () => around.commands(), steps }
}

/** Budgets that are set, spent from, and begin anew. */
export async function arbitrationLife(make: Maker<ArbitrationEngine>): Promise<Life<ArbitrationEngine>> {
  const s = await arbitrationStage(make)
  const spend = (costUsd: number): void => {
    submit(s, { costUsd })
    s.engine.settle(granted(s, MODEL), { outcome: 'succeeded', costUsd: costUsd / 2, durationMs: 5 })
  }
  const steps = [
    () => spend(0.5),
    () => s.engine.budget({ tenant: 'a', limitUsd: 2, windowMs: 3_600_000 }),
    () => spend(1),
    () => void submit(s, { costUsd: 0.25 }),
    () => (s.clock.advance(3_600_000), spend(0.75)),
    () => s.engine.budget({ tenant: '*', limitUsd: 5 }),
  ]
  return { component: s.engine, commands: s.commands, steps }
}
