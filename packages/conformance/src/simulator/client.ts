import { isSymphonyError } from '@symphony/interface'
import type { Json, OrchestrateOptions, Runtime, WorkflowHandle, WorkflowSpec } from '@symphony/interface'
import type { VirtualClock } from '@symphony/ports'
import type { Life } from './life.ts'
import type { Oracle } from './oracle.ts'

/** Something a client does to a run, so long after it has started it. */
export type ClientAction =
  | { readonly type: 'signal'; readonly afterMs: number; readonly name: string; readonly value?: Json }
  | { readonly type: 'cancel' | 'pause' | 'resume'; readonly afterMs: number }

/** A run as its client plans it. */
export interface RunPlan {
  readonly id: string
  readonly workflow: WorkflowSpec
  readonly input?: Json
  readonly options?: Omit<OrchestrateOptions, 'id' | 'signal'>
  /** From the beginning of the simulation. Default 0. */
  readonly startMs?: number
  /** One after the other: each waits until the one before it is acknowledged. */
  readonly actions?: readonly ClientAction[]
}

const ASKS_AGAIN_MS = 50

interface Progress {
  readonly plan: RunPlan
  isDue: boolean
  /** Actions that are due, and those that were acknowledged. */
  due: number
  done: number
  isActing: boolean
}

/**
 * Somebody outside who starts runs, and does to them what is planned. Whatever was not acknowledged when the process died is done once
 * more with the next one, as a client has to.
 */
export class Client {
  readonly #runs: readonly Progress[]
  readonly #oracle: Oracle
  #life: Life | undefined
  #refused: string | undefined

  constructor(plans: readonly RunPlan[], clock: VirtualClock, oracle: Oracle) {
    this.#oracle = oracle
    this.#runs = plans.map((plan) => ({ plan, isDue: false, due: 0, done: 0, isActing: false }))
    for (const run of this.#runs) {
      const { startMs = 0, actions = [] } = run.plan
      clock.schedule(startMs, () => {
        run.isDue = true
        this.#start(run)
      })
      for (const { afterMs } of actions) {
        clock.schedule(startMs + afterMs, () => {
          run.due++
          this.#act(run)
        })
      }
    }
  }

  /** Has been told how every run ended. */
  get isDone(): boolean {
    return this.#runs.every(({ plan }) => this.#oracle.hasEnded(plan.id))
  }

  /** Runs whose end nobody has told yet. */
  get waitsFor(): readonly string[] {
    return this.#runs.filter(({ plan }) => !this.#oracle.hasEnded(plan.id)).map(({ plan }) => plan.id)
  }

  /** Why the process that lives now would not start one of them. */
  get refused(): string | undefined {
    return this.#refused
  }

  opened(life: Life): void {
    this.#life = life
    this.#refused = undefined
    for (const run of this.#runs) {
      run.isActing = false
      if (run.isDue) this.#start(run)
    }
  }

  #start(run: Progress): void {
    const life = this.#life
    const runtime = life?.runtime
    const { plan } = run
    if (life === undefined || life.isOver || runtime === undefined) return
    runtime.conductor.orchestrate(plan.workflow, plan.input, { ...plan.options, id: plan.id }).then(
      (handle) => {
        this.#await(handle, life)
        this.#act(run)
      },
      (error: unknown) => {
        if (life.isOver) return
        if (!this.#again(error, life, () => this.#start(run))) this.#refused = String(error)
      },
    )
  }

  #await(handle: WorkflowHandle, life: Life): void {
    handle.ended().then(
      (report) => {
        if (!life.isOver) this.#oracle.ended(report)
      },
      () => {},
    )
  }

  /** What is being set up anew is asked again soon. A log that refuses is not: the next process will do it. */
  #again(error: unknown, life: Life, ask: () => void): boolean {
    if (!isSymphonyError(error, 'BACKEND_PANIC') || !error.retryable) return false
    life.clock.schedule(ASKS_AGAIN_MS, ask)
    return true
  }

  #act(run: Progress): void {
    const life = this.#life
    const runtime = life?.runtime
    const action = run.plan.actions?.[run.done]
    if (life === undefined || life.isOver || runtime === undefined || action === undefined || run.done >= run.due || run.isActing) return
    if (runtime.dag.findRun(run.plan.id) === undefined) return
    run.isActing = true
    try {
      perform(runtime, run.plan.id, action)
    } catch (error) {
      this.#again(error, life, () => {
        run.isActing = false
        this.#act(run)
      })
      return
    }
    (runtime.journal?.flush() ?? Promise.resolve()).then(
      () => {
        if (life.isOver) return
        run.isActing = false
        run.done++
        this.#act(run)
      },
      () => {},
    )
  }
}

function perform({ conductor }: Runtime, id: string, action: ClientAction): void {
  const handle = conductor.handle(id)
  if (action.type === 'signal') handle.signal(action.name, action.value)
  else if (action.type === 'cancel') handle.cancel('by its client')
  else if (action.type === 'pause') handle.pause()
  else handle.resume()
}
