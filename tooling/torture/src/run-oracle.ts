import type { TaskReport } from '@symphony/interface'
import { readState } from '@symphony/runtime'
import { EndedTasks } from './ended-tasks.ts'
import { needsOf, resultOf } from './tortured-workflow.ts'

/** Knows from outside what was said about runs, and holds a state folder against it. */
export class RunOracle {
  /** `run task` of everything whose end was said to be durable. */
  readonly #done = new Set<string>()
  readonly #results = new Map<string, string>()
  readonly #ended = new EndedTasks()

  get done(): number {
    return this.#done.size
  }

  get results(): number {
    return this.#results.size
  }

  /** @throws when a process did what it may not do, given what was said before it began */
  hear(lines: readonly string[]): void {
    const doneBefore = new Set(this.#done)
    for (const line of lines) {
      const [word, run, ...rest] = line.split(' ')
      const key = `${run} ${rest.join(' ')}`
      if (word === 'broken') throw new Error(line)
      if (word === 'done') this.#done.add(key)
      if (word === 'begin' || word === 'effect') this.#hearBegin(key, doneBefore)
      if (word === 'result') this.#hearResult(run as string, rest.join(' '))
    }
  }

  /**
   * Reads the folder as it lies there.
   *
   * @param effects lines of effects outside: what each rests on has to be there
   */
  async check(folder: string, effects: readonly string[]): Promise<void> {
    const view = await readState(folder).catch((error: unknown) => {
      // Ended before there was anything to read.
      if ((error as { code?: string }).code === 'NOT_FOUND' && this.#done.size === 0) return undefined
      throw error
    })
    if (view === undefined) return
    const succeeded = this.#ended.check(view.dag)
    for (const run of this.#results.keys()) {
      const { state } = view.dag.getWorkflowState(run)
      if (state !== 'succeeded') throw new Error(`the result of run ${run} was told, but the run is ${state}`)
    }
    for (const key of this.#done) if (!succeeded.has(key)) throw new Error(`the end of ${key} was durable, and is not there`)
    for (const effect of effects) checkEffect(effect, succeeded)
  }

  #hearBegin(key: string, doneBefore: ReadonlySet<string>): void {
    if (doneBefore.has(key) || this.#ended.has(key)) throw new Error(`task ${key} was called again although its end was durable`)
  }

  #hearResult(run: string, result: string): void {
    if (result !== String(resultOf(Number(run)))) throw new Error(`run ${run} came to ${result} instead of ${resultOf(Number(run))}`)
    this.#results.set(run, result)
  }
}

/** What has left the process rests on what is durable. */
function checkEffect(line: string, succeeded: ReadonlyMap<string, TaskReport>): void {
  const [, run, ...rest] = line.split(' ')
  for (const need of needsOf(Number(run)).get(rest.join(' ')) ?? []) {
    if (!succeeded.has(`${run} ${need}`)) throw new Error(`${rest.join(' ')} of run ${run} had an effect outside before ${need}, which it needs, was durable`)
  }
}
