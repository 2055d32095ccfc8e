import type { Runtime, RunProgress } from '@symphony/interface'
import type { RunFigures } from './report/archive.ts'

/** Tasks of a run by what became of them, as far as this process is concerned. */
export interface TaskCounts {
  /** Computed by this process. */
  readonly run: number
  /** Taken from an earlier run, or finished before the interruption this run was taken up after. */
  readonly recalled: number
  readonly failed: number
  readonly total: number
}

/** @param earlier the progress at the moment an interrupted run was taken up; undefined for a fresh one */
export function countTasks(progress: RunProgress, earlier: RunProgress | undefined): TaskCounts {
  const computed = ({ succeeded, recalled }: RunProgress): number => succeeded - recalled
  const before = earlier === undefined ? 0 : computed(earlier)
  return { run: computed(progress) - before, recalled: progress.recalled + before, failed: progress.failed, total: progress.total }
}

/** What the report says about the run that made it. */
export function runFigures(symphony: Runtime, runId: string, tasks: TaskCounts, elapsedMs: number, notes: readonly string[]): RunFigures {
  const models = symphony.pool.models().filter((model) => !model.id.startsWith('@'))
  return {
    runId,
    tasksRun: tasks.run,
    tasksRecalled: tasks.recalled,
    tasksFailed: tasks.failed,
    elapsedMs,
    pools: models.map(({ id, instances }) => {
      const used = instances.filter((instance) => instance.leasesTotal > 0)
      return { model: id, instances: used.length, calls: used.reduce((sum, instance) => sum + instance.leasesTotal, 0) }
    }),
    ...(notes.length === 0 ? {} : { notes }),
  }
}
