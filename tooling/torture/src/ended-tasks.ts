import type { DagTracker, TaskReport } from '@symphony/interface'

/** Remembers what each task that has succeeded looked like when it was first seen so: it may never look otherwise again, nor be gone. */
export class EndedTasks {
  readonly #seen = new Map<string, string>()

  has(key: string): boolean {
    return this.#seen.has(key)
  }

  get size(): number {
    return this.#seen.size
  }

  /**
   * @returns what has succeeded, by `run task`
   * @throws Error for a task that ended twice, or whose end is gone
   */
  check(dag: DagTracker): ReadonlyMap<string, TaskReport> {
    const succeeded = new Map<string, TaskReport>(dag.runs().flatMap((run) => dag.tasks(run, { state: 'succeeded' }).map((task) => [`${run} ${task.id}`, task] as const)))
    for (const key of this.#seen.keys()) if (!succeeded.has(key)) throw new Error(`task ${key} had ended, and its end is gone`)
    for (const [key, { attempt, output, endedAtMs }] of succeeded) {
      const looks = JSON.stringify({ attempt, output, endedAtMs })
      const before = this.#seen.get(key) ?? looks
      if (before !== looks) throw new Error(`task ${key} had ended as ${before}, and now as ${looks}`)
      this.#seen.set(key, looks)
    }
    return succeeded
  }
}
