import { EVENTS } from '@symphony/interface'
import type { Clock, EventSink, Logger, RunId, RunRow, Template, Transition } from '@symphony/interface'
import { WATCH_LOG_MAX, WATCHED_RUNS_MAX } from './limits.ts'
import { Follower, FollowLog } from './runs/follow-log.ts'
import { taskId } from './definition/task-id.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { lostTransitions, runTransition, taskTransition } from './watch.ts'

/**
 * Tells others what a command did, after it is done: events, watchers, listeners. Listeners may call the tracker again, so
 * everything the backend left behind is taken before the first of them is called.
 */
export class Announcer {
  readonly runEnded: Set<(run: RunRow, id: RunId) => void> = new Set()
  readonly ready: Set<() => void> = new Set()
  /** Before it happens. */
  readonly forgetting: Set<(run: RunRow, id: RunId) => void> = new Set()
  readonly defined: Set<(template: Template) => void> = new Set()
  readonly forgotten: Set<(data: RunData) => void> = new Set()
  readonly #state: DagState
  readonly #tables: DagTables
  readonly #events: EventSink
  readonly #logger: Logger
  readonly #clock: Clock
  /** Runs whose transitions are kept because somebody watched them, in the order they were first watched. */
  readonly #watched = new Set<RunData>()

  constructor(state: DagState, events: EventSink, logger: Logger, clock: Clock) {
    this.#state = state
    this.#tables = state.tables
    this.#events = events
    this.#logger = logger
    this.#clock = clock
  }

  /** Many changes follow: their events are shown together. */
  hold(): void {
    this.#events.hold?.()
  }

  show(): void {
    this.#events.show?.()
  }

  /** @param readyBefore length of the ready queue before the command */
  announce(nowMs: number, readyBefore: number): void {
    const isMany = this.#tables.traceLength > 2
    if (isMany) this.#events.hold?.()
    this.#publishMoves(nowMs)
    if (isMany) this.#events.show?.()
    this.#callListeners(nowMs, readyBefore)
  }

  /** The same for the start of a run. */
  announceStart(data: RunData, nowMs: number, readyBefore: number): void {
    this.#events.hold?.()
    this.runStarted(data)
    this.#publishMoves(nowMs)
    this.#events.show?.()
    this.#callListeners(nowMs, readyBefore)
  }

  /** Something is due earlier than before: whoever waits for work asks again when that is. */
  nudge(): void {
    for (const listener of this.ready) this.#call(listener)
  }

  /** An attempt began: the one transition that is no command, and the most frequent one. */
  begun(task: number, move: number, nowMs: number): void {
    const t = this.#tables
    const run = t.taskRun[task] as number
    t.traceLength = 0
    t.runTransitions[run]!++
    this.#events.publish(EVENTS.TASK_TRANSITION, task, move, run)
    if (this.#watched.size > 0) this.#tellWatchers(run, task, move, nowMs)
  }

  runStarted(data: RunData): void {
    this.#events.publish(EVENTS.RUN_STARTED, data.row, data.template.compiled.taskCount, 0)
  }

  runExpanded(data: RunData, tasks: number, nowMs: number): void {
    this.#events.publish(EVENTS.RUN_EXPANDED, data.row, tasks, 0)
    if (data.watchers === undefined) return
    const sequence = this.#nextSequence(data.row)
    data.watchers.add({ type: 'expanded', sequence, tasks, atMs: nowMs })
  }

  /** A run was paused, resumed, quarantined or reopened. */
  runChanged(data: RunData, nowMs: number): void {
    const runState = this.#state.tables.runState[data.row] as number
    this.#events.publish(EVENTS.RUN_STATE, data.row, runState, 0)
    this.#tellRunState(data, runState, nowMs)
  }

  workflowDefined(template: Template): void {
    for (const listener of this.defined) this.#call(() => listener(template))
  }

  lateResult(task: number, attempt: number): void {
    const t = this.#state.tables
    t.region.words.lateResults[0]!++
    this.#events.publish(EVENTS.TASK_LATE_RESULT, task, attempt, t.taskRun[task] ?? -1)
  }

  progressed(task: number, permille: number): void {
    this.#events.publish(EVENTS.TASK_PROGRESS, task, permille, this.#state.tables.taskRun[task] as number)
  }

  /** @param after the last transition the reader knows; default: only what comes from now on */
  watch(data: RunData, after: number | undefined, nowMs: number): Follower<Transition> {
    const seen = this.#tables.runTransitions[data.row] as number
    const log = (data.watchers ??= new FollowLog(seen, WATCH_LOG_MAX))
    // A number that was never reached here comes from before a restart: what happened since then cannot be told.
    const isForeign = after !== undefined && after > seen
    const follower = new Follower(log, {
      after: after === undefined || isForeign ? seen : Math.max(0, after),
      lostBefore: isForeign ? Math.max(1, seen) : 0,
      lost: lostTransitions,
      nowMs,
    })
    this.#watched.add(data)
    if (this.#watched.size > WATCHED_RUNS_MAX) this.#unwatchOldest()
    return follower
  }

  /** The state was rebuilt: its runs are other objects, and some have ended without anybody being told. */
  rebuilt(untold: readonly number[], nowMs: number): void {
    this.#watched.clear()
    for (const data of this.#state.runs) if (data?.watchers !== undefined) this.#watched.add(data)
    this.#tables.endedRuns.push(...untold)
    this.announce(nowMs, 0)
  }

  /** A run is about to go: whoever wants to know something of it asks now. */
  runForgetting(data: RunData): void {
    this.#state.tellOf(data)
    this.#callOf(this.forgetting, data)
  }

  /** A run goes, and everything that was kept of it. */
  runForgotten(data: RunData): void {
    data.watchers?.end()
    if (this.#watched.size > 0) this.#watched.delete(data)
    for (const listener of this.forgotten) listener(data)
  }

  /** Nothing more is kept of the run that nobody follows and that was watched first. */
  #unwatchOldest(): void {
    for (const data of this.#watched) {
      if (data.watchers?.isFollowed === true) continue
      data.watchers = undefined
      this.#watched.delete(data)
      return
    }
  }

  #publishMoves(nowMs: number): void {
    const t = this.#tables
    const { trace, taskRun, runTransitions } = t
    const length = t.traceLength
    for (let at = 0; at < length; at += 2) {
      const task = trace[at] as number
      const move = trace[at + 1] as number
      const run = taskRun[task] as number
      runTransitions[run]!++
      this.#events.publish(EVENTS.TASK_TRANSITION, task, move, run)
      if (this.#watched.size > 0) this.#tellWatchers(run, task, move, nowMs)
    }
    t.traceLength = 0
  }

  /** They may call the tracker again, so everything the command left is taken before. */
  #callListeners(nowMs: number, readyBefore: number): void {
    if (this.#tables.endedRuns.length > 0) this.#announceEnds(nowMs)
    if (readyBefore === 0 && (this.#tables.readyCount[0] as number) > 0) for (const listener of this.ready) this.#call(listener)
  }

  #announceEnds(nowMs: number): void {
    const t = this.#state.tables
    const ended = t.endedRuns
    t.endedRuns = []
    const told: RunData[] = []
    for (const run of ended) {
      const data = this.#state.runs[run]
      if (data === undefined) continue
      told.push(data)
      const runState = t.runState[run] as number
      this.#events.publish(EVENTS.RUN_ENDED, run, runState, 0)
      this.#tellRunState(data, runState, nowMs)
      data.watchers?.end()
    }
    // Listeners are foreign code, and may take their time.
    const wasHeld = this.#clock.release?.() === true
    // One of them may forget another of these runs, and its row be somebody else's.
    for (const data of told) {
      if (this.#state.runs[data.row] !== data) continue
      this.#state.tellOf(data)
      this.#callOf(this.runEnded, data)
    }
    if (wasHeld) this.#clock.hold?.()
  }

  #tellWatchers(run: number, task: number, move: number, nowMs: number): void {
    const data = this.#state.run(run)
    if (data.watchers === undefined) return
    const transition = taskTransition(this.#state.tables.runTransitions[run] as number, taskId(this.#state, data, task), move, nowMs)
    data.watchers.add(transition)
  }

  #tellRunState(data: RunData, runState: number, nowMs: number): void {
    const sequence = this.#nextSequence(data.row)
    data.watchers?.add(runTransition(sequence, runState, nowMs))
  }

  #nextSequence(run: number): number {
    const { runTransitions } = this.#state.tables
    runTransitions[run]!++
    return runTransitions[run] as number
  }

  #callOf(listeners: ReadonlySet<(run: RunRow, id: RunId) => void>, data: RunData): void {
    for (const listener of listeners) {
      try {
        listener(data.row as RunRow, data.id)
      } catch (error) {
        this.#threw(error)
      }
    }
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#threw(error)
    }
  }

  /** The command is done and logged: a listener that fails must not make it look undone. */
  #threw(error: unknown): void {
    this.#logger.error('A listener of the dag tracker threw.', { error: error instanceof Error ? error.message : String(error) })
  }
}
