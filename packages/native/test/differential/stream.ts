import { FLAGS, KINDS, typescriptBackend } from '@symphony/dag/for-backends'
import type { DagBackend, DagTables, StartColumns } from '@symphony/dag/for-backends'
import { isSymphonyError } from '@symphony/interface'
import { Chance } from './chance.ts'
import { columnsOf, flagsOf, programOf, randomPlan, randomTask, standingOf } from './plan.ts'
import type { PlannedTask } from './plan.ts'
import { Reference, STATES } from './reference.ts'
import type { ReferenceRun, ReferenceTask, State } from './reference.ts'
import { both, compare, Divergence, sideOf } from './sides.ts'
import type { Side } from './sides.ts'

const PLANS = 16
const RUNS_MAX = 6
const OPEN: readonly State[] = ['pending', 'ready', 'running', 'waiting']

/** One seeded stream of commands to two backends and to the plain rules; what they leave is compared after every command. */
export class Stream {
  readonly #chance: Chance
  readonly #a: Side
  readonly #b: Side
  readonly #reference = new Reference()
  readonly #plans: readonly (readonly PlannedTask[])[]
  readonly #columns: readonly (readonly [a: StartColumns, b: StartColumns])[]
  /** Conditions of added tasks, by row. */
  readonly #conditions = new Map<number, NonNullable<ReturnType<DagTables['conditionOf']>>>()
  #nowMs = 1
  #token = 0
  /** Commands given so far, and how many of each kind. */
  commands = 0
  readonly tally: Map<string, number> = new Map()

  constructor(seed: number, other: DagBackend, first: DagBackend = typescriptBackend) {
    this.#chance = new Chance(seed)
    this.#a = sideOf(first)
    this.#b = sideOf(other)
    for (const { t } of [this.#a, this.#b]) t.conditionOf = (task) => this.#conditions.get(task)
    this.#plans = Array.from({ length: PLANS }, () => randomPlan(this.#chance, 1 + this.#chance.below(9)))
    this.#columns = this.#plans.map((plan) => [columnsOf(this.#a.t, plan), columnsOf(this.#b.t, plan)])
  }

  close(): void {
    this.#b.t.use(typescriptBackend)
  }

  /** One command, or a few that belong together. @throws Divergence */
  step(): void {
    this.#nowMs += this.#chance.below(3)
    const runs = [...this.#reference.runs.values()]
    const kind = runs.length === 0 ? 0 : this.#chance.below(40)
    if (kind === 0) this.#start()
    else if (kind <= 5) this.#take()
    else if (kind <= 8) this.#completeMany(runs)
    else if (kind === 9) this.#free(runs)
    else if (kind === 10) this.#pause(this.#chance.pick(runs))
    else if (kind === 11) this.#refused()
    else this.#change(this.#chance.pick(runs), kind)
    this.#check(runs)
  }

  #both<R>(name: string, work: (side: Side) => R): R {
    this.#count(name)
    return both(this.#a, this.#b, name, work)
  }

  #count(name: string): void {
    this.commands++
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1)
  }

  #start(): void {
    if (this.#reference.runs.size >= RUNS_MAX) return
    const which = this.#chance.below(PLANS)
    const plan = this.#plans[which] as readonly PlannedTask[]
    const columns = this.#columns[which] as readonly [a: StartColumns, b: StartColumns]
    const types = new Int32Array(plan.length).fill(which)
    const ranks = new Float64Array(plan.length).fill(1.5)
    const priority = this.#chance.below(7) - 3
    const row = this.#both('start', (side) =>
      side.backend.start(side.t, columns[side === this.#a ? 0 : 1], types, ranks, { template: which, tenant: which % 3, priority, nowMs: this.#nowMs }))
    const run = this.#reference.start(row, this.#a.t.runTaskBase[row] as number, plan)
    // A tracker has tasks without needs ready at once; a backend is told by a wait that is over.
    for (const task of run.tasks.filter(({ isRoot }) => isRoot)) {
      this.#postpone(task)
      this.#wake(task)
    }
  }

  #take(): void {
    const count = 1 + this.#chance.below(4)
    const into = [this.#a, this.#b].map(() => new Int32Array(count).fill(-9)) as [Int32Array, Int32Array]
    const taken = this.#both('take', (side) => side.backend.take(side.t, into[side === this.#a ? 0 : 1]))
    if (into[0].join() !== into[1].join()) throw new Divergence(`take: ${into[0].join()} and ${into[1].join()}`)
    const rows = [...into[0].subarray(0, taken)]
    if (rows.join() !== this.#reference.queue.splice(0, count).join()) throw new Divergence('take: not the oldest')
    if (taken > 0) this.#beginMany(rows)
  }

  #beginMany(rows: readonly number[]): void {
    const tasks = Int32Array.from(rows)
    const tokens = [this.#a, this.#b].map(() => new Float64Array(rows.length)) as [Float64Array, Float64Array]
    const begun = this.#both('beginMany', (side) => side.backend.beginMany(side.t, tasks, rows.length, tokens[side === this.#a ? 0 : 1], this.#token, this.#nowMs))
    if (tokens[0].join() !== tokens[1].join()) throw new Divergence(`beginMany: tokens ${tokens[0].join()} and ${tokens[1].join()}`)
    rows.forEach((row, place) => this.#reference.begin(this.#taskAt(row), tokens[0][place] as number))
    this.#token += begun
  }

  #completeMany(runs: readonly ReferenceRun[]): void {
    const tasks = this.#chance.some(runs.flatMap((run) => run.tasks.filter(({ state }) => state === 'running')), 2)
    const rows = Int32Array.from([...tasks.map(({ row }) => row), 0])
    for (const task of tasks) this.#endAttempt(task)
    this.#both('completeMany', (side) => side.backend.completeMany(side.t, rows, tasks.length, this.#nowMs))
    for (const task of tasks) this.#reference.end(task, 'succeeded', this.#nowMs)
  }

  #free(runs: readonly ReferenceRun[]): void {
    for (const run of runs) {
      if (run.state !== 'succeeded' && run.state !== 'failed') continue
      this.#both('free', (side) => side.backend.free(side.t, run.row))
      for (const { row } of run.tasks) this.#conditions.delete(row)
      this.#reference.runs.delete(run.row)
    }
  }

  /** What is READY stays where it is; what becomes READY is not handed out. */
  #pause(run: ReferenceRun): void {
    if (run.state !== 'running' && run.state !== 'paused') return
    run.state = run.state === 'running' ? 'paused' : 'running'
    for (const { t } of [this.#a, this.#b]) t.runState[run.row] = t.runDurableState[run.row] = run.state === 'paused' ? 1 : 0
  }

  /** One task changes. */
  #change(run: ReferenceRun, kind: number): void {
    const task = this.#chance.pick(run.tasks)
    const { state, plan } = task
    const hasBegun = state === 'running' || state === 'ready' || (state === 'waiting' && plan.waits)
    if (state === 'ready' && kind < 20) this.#begin(task)
    else if (hasBegun && kind < 26) this.#end(task, 'succeeded')
    else if (hasBegun && kind < 31) this.#end(task, 'failed')
    else if (kind < 33 && (hasBegun || state === 'waiting')) this.#postpone(task)
    else if (state === 'waiting' && !plan.waits) this.#wake(task)
    else if (kind === 33 && OPEN.includes(state)) this.#end(task, 'skipped')
    else if (kind === 34 && this.#chance.below(4) === 0) this.#cancel(run)
    else if (kind > 34) this.#add(run)
  }

  #begin(task: ReferenceTask): void {
    const token = ++this.#token
    this.#both('begin', (side) => side.backend.begin(side.t, task.row, token, this.#nowMs))
    this.#reference.begin(task, token)
  }

  #end(task: ReferenceTask, state: 'succeeded' | 'failed' | 'skipped'): void {
    if (state !== 'skipped') this.#endAttempt(task)
    if (state === 'succeeded' && this.#chance.below(4) === 0) this.#route(task)
    const name = state === 'succeeded' ? 'complete' : state === 'failed' ? 'fail' : 'skip'
    this.#both(name, (side) => side.backend[name](side.t, task.row, this.#nowMs))
    this.#reference.end(task, state, this.#nowMs)
  }

  #postpone(task: ReferenceTask): void {
    const dueAtMs = this.#nowMs + 1 + this.#chance.below(30)
    this.#endAttempt(task)
    this.#both('postpone', (side) => side.backend.postpone(side.t, task.row, dueAtMs))
    this.#reference.postpone(task, dueAtMs)
  }

  #wake(task: ReferenceTask): void {
    this.#both('wake', (side) => side.backend.wake(side.t, task.row, this.#nowMs))
    this.#reference.wake(task)
  }

  /** All but one task, in one range or two, and then that one. */
  #cancel(run: ReferenceRun): void {
    const open = run.tasks.filter(({ state }) => OPEN.includes(state))
    if (open.length === 0) return
    const last = this.#chance.pick(open)
    const first = (run.tasks[0] as ReferenceTask).row
    const ranges = [[first, last.row - first], [last.row + 1, first + run.tasks.length - last.row - 1]] as const
    for (const [from, count] of ranges) this.#both('cancel', (side) => side.backend.cancel(side.t, from, count, this.#nowMs))
    for (const task of open) if (task !== last) this.#reference.close(task, 'cancelled', this.#nowMs)
    this.#end(last, 'skipped')
  }

  /** What a tracker writes before it has a success made: the attempt that ends. */
  #endAttempt(task: ReferenceTask): void {
    if (task.state !== 'running') return
    task.attemptsEnded = task.attempt
    for (const { t } of [this.#a, this.#b]) t.taskAttemptsEnded[task.row] = task.attempt
  }

  /** A success that goes on to some of its dependents only. */
  #route(task: ReferenceTask): void {
    const dependents = task.run.tasks.filter((other) => other.state === 'pending' && other.needs.some((need) => need.task === task && need.kind !== KINDS.OPTIONAL))
    const untaken = this.#chance.some(dependents, 2)
    if (untaken.length === 0) return
    for (const { t } of [this.#a, this.#b]) {
      t.taskFlags[task.row]! |= FLAGS.ROUTED
      for (const other of untaken) link(t, task.row, other.row, KINDS.UNTAKEN)
    }
    for (const other of untaken) task.untaken.add(other)
    this.#count('a choice')
  }

  /** A task comes into the spare rows of a run's range; it needs some that are still open. */
  #add(run: ReferenceRun): void {
    const { t } = this.#a
    const count = run.tasks.length
    if (count === t.region.tables.runs.columns.taskCapacity[run.row] || run.state === 'succeeded' || run.state === 'failed') return
    const drawn = randomTask(this.#chance, count)
    if (drawn.needs.length === 0 || drawn.needs.some(({ node }) => !OPEN.includes((run.tasks[node] as ReferenceTask).state))) return
    const row = (run.tasks[0] as ReferenceTask).row + count
    for (const side of [this.#a, this.#b]) addTask(side.t, run.row, row, drawn)
    // Links go to the head of their lists.
    for (const side of [this.#a, this.#b]) for (const { node, kind } of drawn.needs) link(side.t, (run.tasks[node] as ReferenceTask).row, row, kind)
    const task = this.#reference.add(run, row, drawn)
    this.#count(drawn.when === undefined ? 'an added task' : 'an added condition')
    if (drawn.when !== undefined) this.#conditions.set(row, { program: programOf(drawn.when), tasks: run.tasks.map((other) => other.row) })
    if (!task.isRoot) return
    this.#postpone(task)
    this.#wake(task)
  }

  /** What makes no sense is refused by a native backend, with nothing written. The TypeScript one takes its caller's word. */
  #refused(): void {
    const { t, backend } = this.#b
    if (backend.name !== 'native') return
    const row = this.#chance.pick([-1, 127, 128, 1 << 20, 2 ** 31, 2 ** 32, 0.5, Number.NaN])
    const isNobodys = row !== 127 || (t.taskRun[127] as number) < 0 || t.tasks.used < 128
    if (!isNobodys) return
    const call = this.#chance.pick([
      () => backend.complete(t, row, 1), () => backend.fail(t, row, 1), () => backend.skip(t, row, 1), () => backend.begin(t, row, 1, 1),
      () => backend.postpone(t, row, 1), () => backend.wake(t, row, 1), () => backend.cancel(t, row, 200, 1), () => backend.free(t, row),
    ])
    this.#count('refused')
    try {
      call()
    } catch (error) {
      if (!isSymphonyError(error) || !/^(INVALID_ARGUMENT|TASK_STATE)$/.test(error.code)) throw error
      return compare(this.#a, this.#b, 'a refused call')
    }
    throw new Divergence(`row ${row} was not refused`)
  }

  #taskAt(row: number): ReferenceTask {
    for (const { tasks } of this.#reference.runs.values()) {
      const first = (tasks[0] as ReferenceTask).row
      if (row >= first && row < first + tasks.length) return tasks[row - first] as ReferenceTask
    }
    throw new Divergence(`row ${row} belongs to no run`)
  }

  /** Whether the region says what the plain rules say. */
  #check(runs: readonly ReferenceRun[]): void {
    const { t } = this.#a
    let dueCount = 0
    let first: ReferenceTask | undefined
    for (const run of this.#reference.runs.values()) {
      const counts = new Int32Array(8)
      for (const task of run.tasks) {
        const state = t.taskState[task.row] as number
        counts[state]!++
        if (STATES[state] !== task.state) throw new Divergence(`row ${task.row} is ${STATES[state]}, and should be ${task.state}`)
        if (t.taskAttempt[task.row] !== task.attempt) throw new Divergence(`row ${task.row} is at attempt ${t.taskAttempt[task.row]}, not ${task.attempt}`)
        if (task.state === 'running' && t.taskToken[task.row] !== task.token) throw new Divergence(`row ${task.row} runs under another token`)
        if (state >= 4 && t.taskEndedAtMs[task.row] !== task.endedAtMs) throw new Divergence(`row ${task.row} ended at another time`)
        if (task.state !== 'waiting' || task.dueAtMs === 0) continue
        dueCount++
        if (first === undefined || task.dueAtMs < first.dueAtMs || (task.dueAtMs === first.dueAtMs && task.row < first.row)) first = task
      }
      for (let state = 0; state < 8; state++) if (t.counts[run.row * 8 + state] !== counts[state]) throw new Divergence(`run ${run.row} counts wrongly`)
      const names = ['running', 'paused', '', '', 'succeeded', 'failed']
      if (names[t.runDurableState[run.row] as number] !== run.state) throw new Divergence(`run ${run.row} is in another state than ${run.state}`)
    }
    if (t.dueCount[0] !== dueCount) throw new Divergence(`${t.dueCount[0]} tasks are due, not ${dueCount}`)
    if (first !== undefined && t.dueTask[0] !== first.row) throw new Divergence('another task is due first')
    if (runs.length === 0 && t.readyCount[0] !== 0 && this.#reference.runs.size === 0) throw new Divergence('nothing is there, and something is ready')
    this.#checkQueue(t)
  }

  #checkQueue(t: DagTables): void {
    const reference = this.#reference
    const rows: number[] = []
    for (let head = t.readyHead[0] as number; head !== 0 && rows.length <= 128; head = t.queueNext[head - 1] as number) rows.push(head - 1)
    const known = reference.queue.length
    const isSame = rows.slice(0, known).join() === reference.queue.join() && rows.slice(known).sort(byNumber).join() === reference.fresh.sort(byNumber).join()
    if (!isSame || rows.length !== t.readyCount[0]) throw new Divergence(`${rows.join()} are queued, and should be ${reference.queue.join()} and then ${reference.fresh.join()}`)
    reference.queue = rows
    reference.fresh = []
  }
}

const byNumber = (a: number, b: number): number => a - b

function link(t: DagTables, from: number, to: number, kind: number): void {
  const at = t.links.allocate()
  t.linkFrom[at] = from
  t.linkTo[at] = to
  t.linkKind[at] = kind
  t.linkNextOut[at] = t.taskExtraOut[from] as number
  t.taskExtraOut[from] = at + 1
  t.linkNextIn[at] = t.taskExtraIn[to] as number
  t.taskExtraIn[to] = at + 1
}

/** As a tracker adds a task at run time. */
function addTask(t: DagTables, run: number, row: number, plan: PlannedTask): void {
  const { runs } = t.region.tables
  const { pending, slack } = standingOf(plan)
  runs.columns.taskCount[run]!++
  runs.columns.tasksTotal[run]!++
  t.runTasksOpen[run]!++
  t.counts[run * 8]!++
  for (const column of [t.taskState, t.taskAttempt, t.taskAttemptsEnded, t.taskOutStart, t.taskOutCount, t.taskExtraIn, t.taskExtraOut, t.taskReadyAtMs, t.taskStartedAtMs, t.taskEndedAtMs]) column[row] = 0
  t.taskRun[row] = run
  t.taskNode[row] = -1 - row
  t.taskFlags[row] = flagsOf(plan)
  t.taskPending[row] = pending
  t.taskSlack[row] = slack
  t.taskDueAtMs[row] = plan.waitMs > 0 ? -plan.waitMs : 0
}
