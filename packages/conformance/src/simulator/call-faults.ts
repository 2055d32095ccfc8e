import { SymphonyError } from '@symphony/interface'
import type { Clock, ErrorCode, Random, RetryPolicy, TaskContext, TaskType } from '@symphony/interface'
import type { Tally } from './tally.ts'

/**
 * How often a task's function does not simply answer: chances, of which at most one strikes a call. None of them changes what a run comes
 * to: a call only fails or hangs where the task is tried again, and what comes late or twice is refused.
 */
export interface CallFaults {
  /** It throws before it has done anything. */
  readonly fails?: number
  /** It throws after it has done everything: its effects are there, its answer is not. */
  readonly failsAfter?: number
  /** It never answers, until its time limit. */
  readonly hangs?: number
  /** It answers after its time limit. */
  readonly late?: number
  /** It answers after a while. */
  readonly slow?: number
  /** It answers, and later once more, with something else. */
  readonly twice?: number
}

/** A task's function that is to be called, and what its task says about failures. */
export interface TaskCall {
  readonly context: TaskContext
  readonly type: Partial<TaskType>
  /** Whether the workflow bounds the retries of a run: then a failure too many would end it. */
  readonly isBounded: boolean
}

const SLOW_MS_MAX = 400

/** Calls tasks' functions, and draws what becomes of each call. */
export class FaultyCalls {
  readonly #faults: CallFaults
  readonly #random: Random
  readonly #tally: Tally
  /** Answers that came after their time limit, in this life. */
  late = 0

  constructor(faults: CallFaults, random: Random, tally: Tally) {
    this.#faults = faults
    this.#random = random
    this.#tally = tally
  }

  /** @param clock of the process that calls: what answers later does so only if it lives */
  call(call: TaskCall, clock: Clock, run: () => unknown): unknown {
    const fate = this.#draw(call)
    if (fate === 'answers') return run()
    this.#tally.count(`call-${fate}`)
    if (fate === 'fails') throw failure()
    const answer = Promise.resolve(run())
    if (fate === 'fails-after') return answer.then(() => Promise.reject(failure()))
    // It may fail before anybody listens.
    answer.catch(() => {})
    if (fate === 'hangs') return new Promise(() => {})
    if (fate === 'twice') return answersTwice(answer, clock, 1 + this.#random.next() * SLOW_MS_MAX)
    const delayMs = fate === 'late' ? (call.type.timeoutMs as number) + 1 + this.#random.next() * SLOW_MS_MAX : 1 + this.#random.next() * SLOW_MS_MAX
    return new Promise((resolve, reject) => clock.schedule(delayMs, () => {
      if (fate === 'late') void answer.then(() => this.late++, () => {})
      void answer.then(resolve, reject)
    }))
  }

  #draw({ context, type, isBounded }: TaskCall): 'answers' | 'fails' | 'fails-after' | 'hangs' | 'late' | 'slow' | 'twice' {
    const { fails = 0, failsAfter = 0, hangs = 0, late = 0, slow = 0, twice = 0 } = this.#faults
    let drawn = this.#random.next()
    const mayFail = !isBounded && isRetried(type.retry, context.attempt, 'TASK_FAILED')
    const mayTimeOut = !isBounded && type.timeoutMs !== undefined && isRetried(type.retry, context.attempt, 'TIMEOUT')
    if ((drawn -= fails) < 0) return mayFail ? 'fails' : 'answers'
    if ((drawn -= failsAfter) < 0) return mayFail ? 'fails-after' : 'answers'
    if ((drawn -= hangs) < 0) return mayTimeOut ? 'hangs' : 'answers'
    if ((drawn -= late) < 0) return mayTimeOut ? 'late' : 'answers'
    // What has a time limit might miss it, and without another attempt that would be a failure.
    if ((drawn -= slow) < 0) return type.timeoutMs === undefined && type.idleTimeoutMs === undefined ? 'slow' : 'answers'
    return drawn - twice < 0 ? 'twice' : 'answers'
  }
}

function isRetried(retry: RetryPolicy | undefined, attempt: number, code: ErrorCode): boolean {
  if (retry === undefined || attempt >= retry.attempts) return false
  return (retry.on === undefined || retry.on.includes(code)) && retry.notOn?.includes(code) !== true
}

function failure(): SymphonyError {
  return new SymphonyError({ code: 'TASK_FAILED', component: 'simulator', message: 'The simulated call failed.' })
}

/** A promise of somebody else's, of the worst kind: it calls back twice. */
function answersTwice(answer: Promise<unknown>, clock: Clock, afterMs: number): unknown {
  const follow: Promise<unknown>['then'] = (settled, failed) =>
    answer.then((value) => {
      clock.schedule(afterMs, () => void settled?.('answered twice'))
      return settled?.(value) as never
    }, failed)
  return new Proxy({}, { get: (_, name) => (name === 'then' ? follow : undefined) })
}
