import { createHash } from 'node:crypto'
import { isSymphonyError } from '@symphony/interface'
import type { RunReport, Runtime, TaskContext, TaskReport, TaskStateName } from '@symphony/interface'

/** How a task has ended. */
interface KnownEnd {
  readonly state: TaskStateName
  readonly output: string | undefined
  /** Everything up to this record has to be durable before somebody may have heard of it. */
  readonly lsn: number
}

interface SeenAttempt {
  readonly life: number
  readonly token: number
  readonly attempt: number
  readonly isOutside: boolean
}

const FINAL: ReadonlySet<TaskStateName> = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])

/**
 * Knows, outside of every process, what has been acknowledged: which tasks have durably ended and how, and which ends of runs somebody
 * was told. Holds every later process to it.
 */
export class Oracle {
  /** What went wrong, in words. */
  readonly violations: string[] = []
  readonly #acknowledged = new Map<string, KnownEnd>()
  /** Seen in this life, not known to be durable yet. */
  readonly #volatile = new Map<string, KnownEnd>()
  readonly #attempts = new Map<string, SeenAttempt>()
  readonly #ended = new Map<string, string>()
  /** Contents that a device has spoilt: they are what they were, or cannot be read. */
  readonly #spoilt = new Set<string>()
  /** Runs in which nothing can change any more. */
  readonly #settled = new Set<string>()
  #seenLsn = -1
  #life = 0

  /** Tasks whose end is acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.size
  }

  hasEnded(run: string): boolean {
    return this.#ended.has(run)
  }

  spoilt(ref: string): void {
    this.#spoilt.add(ref)
  }

  isSpoilt(ref: string): boolean {
    return this.#spoilt.has(ref)
  }

  violated(what: string): void {
    this.violations.push(what)
  }

  /** A new process begins: what the one before it has not acknowledged may be lost. */
  born(): void {
    this.#life++
    this.#volatile.clear()
    this.#settled.clear()
    this.#seenLsn = -1
  }

  /** It has recovered: all that was acknowledged has to be there. */
  recovered({ dag, artifacts }: Runtime): void {
    const reports = new Map<string, Map<string, TaskReport>>()
    for (const [key, known] of this.#acknowledged) {
      const [run, task] = split(key)
      if (dag.findRun(run) === undefined) {
        this.violated(`run "${run}" is gone, though the end of its task "${task}" was acknowledged`)
        continue
      }
      const tasks = reports.get(run) ?? new Map(dag.tasks(run).map((report) => [report.id, report]))
      reports.set(run, tasks)
      const found = tasks.get(task)
      if (found?.state !== known.state || found.output !== known.output) {
        this.violated(`task "${task}" of run "${run}" was acknowledged as ${described(known)}, and is ${found === undefined ? 'gone' : described(found)}`)
      } else if (known.output !== undefined) this.#checkContent(artifacts, known.output, `the output of task "${task}" of run "${run}"`)
    }
    for (const [run, end] of this.#ended) {
      const found = dag.findRun(run) === undefined ? 'gone' : endOf(dag.getWorkflowState(run))
      if (found !== end) this.violated(`run "${run}" was reported as ${end}, and is ${found}`)
    }
  }

  /** Looks at what has ended since the last look. */
  observe({ dag, journal }: Runtime): void {
    const lsn = journal?.lastLsn ?? 0
    const durableLsn = journal?.durableLsn ?? 0
    if (lsn !== this.#seenLsn) {
      this.#seenLsn = lsn
      for (const run of dag.runs()) if (!this.#settled.has(run)) this.#look(run, dag, lsn)
    }
    for (const [key, end] of this.#volatile) {
      if (end.lsn > durableLsn) continue
      this.#acknowledged.set(key, end)
      this.#volatile.delete(key)
    }
  }

  /** A task's function is about to be called. */
  called(context: TaskContext, task: string, isOutside: boolean): void {
    const key = joined(context.runId, task)
    const end = this.#acknowledged.get(key) ?? this.#volatile.get(key)
    if (end !== undefined) this.violated(`task "${task}" of run "${context.runId}" runs again, though it has ended as ${described(end)}`)
    const { token } = context as Partial<{ readonly token: number }>
    if (token === undefined) return
    const former = this.#attempts.get(key)
    const attempt: SeenAttempt = { life: this.#life, token, attempt: context.attempt, isOutside }
    this.#attempts.set(key, attempt)
    if (former === undefined) return
    // What a process that died has begun and nobody outside has heard of leaves no trace, and its number may come again.
    const isSeen = former.life === attempt.life || former.isOutside
    if (isSeen && token <= former.token) this.violated(`attempt ${attempt.attempt} at task "${task}" of run "${context.runId}" has token ${token}, the one before it ${former.token}`)
    if (former.life === attempt.life && attempt.attempt <= former.attempt) this.violated(`attempt ${attempt.attempt} at task "${task}" of run "${context.runId}" comes after attempt ${former.attempt}`)
  }

  /** Somebody outside was told how a run has ended. */
  ended(report: RunReport): void {
    this.#ended.set(report.id, endOf(report))
  }

  #look(run: string, dag: Runtime['dag'], lsn: number): void {
    let isSettled = !['running', 'paused', 'quarantined'].includes(dag.getWorkflowState(run).state)
    for (const task of dag.tasks(run)) {
      const key = joined(run, task.id)
      const known = this.#volatile.get(key) ?? this.#acknowledged.get(key)
      if (!FINAL.has(task.state)) {
        isSettled = false
        if (known !== undefined) this.violated(`task "${task.id}" of run "${run}" had ended as ${described(known)}, and is ${task.state}`)
      } else if (known === undefined) this.#volatile.set(key, { state: task.state, output: task.output, lsn })
      else if (known.state !== task.state || known.output !== task.output) {
        this.violated(`task "${task.id}" of run "${run}" had ended as ${described(known)}, and is ${described(task)}`)
      }
    }
    if (isSettled) this.#settled.add(run)
  }

  #checkContent(artifacts: Runtime['artifacts'], ref: string, what: string): void {
    try {
      const bytes = artifacts.get(ref as Parameters<typeof artifacts.get>[0])
      if (createHash('sha256').update(bytes).digest('hex') !== ref) this.violated(`${what} is not what its address says`)
    } catch (error) {
      if (this.#spoilt.has(ref) && isSymphonyError(error, 'ARTIFACT_CORRUPT')) return
      this.violated(`${what} cannot be read: ${String(error)}`)
    }
  }
}

function joined(run: string, task: string): string {
  return `${run}\u0000${task}`
}

function split(key: string): readonly [run: string, task: string] {
  const at = key.indexOf('\u0000')
  return [key.slice(0, at), key.slice(at + 1)]
}

function described({ state, output }: { readonly state: string; readonly output: string | undefined }): string {
  return output === undefined ? state : `${state} with ${output.slice(0, 12)}`
}

function endOf({ state, outputs }: RunReport): string {
  return `${state} with ${JSON.stringify(outputs)}`
}
