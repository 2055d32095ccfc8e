import type { RunAttributes, ScheduleSpec } from '@symphony/interface'

import { DueTimes } from './due-times.ts'

/** The task a run was started for. Names stay when the parent run is forgotten; rows become -1. */
export interface Parent {
  readonly run: number
  readonly task: number
  readonly runId: string
  readonly taskId: string
  /** Runs above this one. */
  readonly depth: number
}

/** A run that exists, but has not begun. */
export interface Delay {
  readonly dueMs: number
  /** Workflow and key under which another start joins this one. */
  readonly debounce?: string
  /** When it begins at the latest, however many join. */
  readonly latestMs?: number
}

/** A schedule as it is kept. `nextMs` is -1 when there are no further times, `lastRun` empty before the first. */
export interface Schedule {
  readonly spec: ScheduleSpec
  readonly nextMs: number
  /** What intervals are counted from. */
  readonly anchorMs: number
  readonly lastMs: number
  readonly lastRun: string
  readonly fired: number
  readonly skipped: number
}

/** That a run was undone, how often, and by which run the last time. */
export interface Undone {
  readonly number: number
  readonly id: string
}

/**
 * What is known about runs as wholes, by run row. It lives on the heap: most runs have nothing here, which `has` tells with one look,
 * and nothing here is on the way of a task.
 */
export class ManagedState {
  /** Runs something is known about, or was. */
  readonly #known = new Set<number>()
  /** Of runs that were started for a task, in order of their starts. */
  readonly parents: Map<number, Parent> = new Map()
  readonly #attributes = new Map<number, RunAttributes>()
  /** Derived: runs by an attribute and its value, so that a search looks at the fewest. */
  readonly #byAttribute = new Map<string, Set<number>>()
  readonly delays: Map<number, Delay> = new Map()
  readonly schedules: Map<string, Schedule> = new Map()
  /** Derived: when delayed runs begin, the delayed run of a debounce key, and when schedules are due. */
  readonly beginTimes: DueTimes<number> = new DueTimes()
  readonly debounced: Map<string, number> = new Map()
  readonly scheduleTimes: DueTimes<string> = new DueTimes()
  /** Schedules that are due and wait for their workflow to be defined. */
  readonly #parked = new Set<string>()
  /** Derived from `parents`: children of a run, and the newest child of a task. */
  readonly children: Map<number, Set<number>> = new Map()
  readonly childOfTask: Map<number, number> = new Map()
  /** The runs that were started last to undo what a run did. */
  readonly #undoings = new Map<number, Undone>()

  /** False for a run of which none of these tables knows anything. */
  has(run: number): boolean {
    return this.#known.size > 0 && this.#known.has(run)
  }

  get undoings(): ReadonlyMap<number, Undone> {
    return this.#undoings
  }

  /** A run was started that undoes what this one did. */
  undone(run: number, by: Undone): void {
    this.#known.add(run)
    this.#undoings.set(run, by)
  }

  get attributes(): ReadonlyMap<number, RunAttributes> {
    return this.#attributes
  }

  /** Replaces all attributes of a run. */
  setAttributes(run: number, attributes: RunAttributes): void {
    const before = this.#attributes.get(run)
    for (const name in before) {
      const key = attributeKey(name, before[name])
      const runs = this.#byAttribute.get(key)
      runs?.delete(run)
      if (runs?.size === 0) this.#byAttribute.delete(key)
    }
    this.#attributes.delete(run)
    let isEmpty = true
    for (const name in attributes) {
      isEmpty = false
      const key = attributeKey(name, attributes[name])
      const runs = this.#byAttribute.get(key)
      if (runs === undefined) this.#byAttribute.set(key, new Set([run]))
      else runs.add(run)
    }
    if (isEmpty) return
    this.#known.add(run)
    this.#attributes.set(run, attributes)
  }

  /** The runs that have this attribute with this value. */
  withAttribute(name: string, value: string | number | boolean): ReadonlySet<number> {
    return this.#byAttribute.get(attributeKey(name, value)) ?? NO_RUNS
  }

  adopt(run: number, parent: Parent): void {
    this.#known.add(run)
    this.parents.set(run, parent)
    if (parent.run < 0) return
    this.#known.add(parent.run)
    const siblings = this.children.get(parent.run)
    if (siblings === undefined) this.children.set(parent.run, new Set([run]))
    else siblings.add(run)
    if (parent.task >= 0) this.childOfTask.set(parent.task, run)
  }

  /** The tasks of a run are in other rows now. Those that are in none have gone; their children have no task any more. */
  moveTasks(run: number, rows: ReadonlyMap<number, number>): void {
    const children = this.children.get(run) ?? []
    for (const child of children) this.childOfTask.delete((this.parents.get(child) as Parent).task)
    for (const child of children) {
      const parent = this.parents.get(child) as Parent
      const task = parent.task < 0 ? -1 : (rows.get(parent.task) ?? -1)
      this.parents.set(child, { ...parent, task })
      if (task >= 0) this.childOfTask.set(task, child)
    }
  }

  delay(run: number, delay: Delay): void {
    this.#known.add(run)
    this.delays.set(run, delay)
    this.beginTimes.set(run, delay.dueMs)
    if (delay.debounce !== undefined) this.debounced.set(delay.debounce, run)
  }

  /** The run begins, or never will. */
  undelay(run: number): void {
    const delay = this.delays.get(run)
    if (delay === undefined) return
    this.delays.delete(run)
    this.beginTimes.delete(run)
    if (delay.debounce !== undefined && this.debounced.get(delay.debounce) === run) this.debounced.delete(delay.debounce)
  }

  setSchedule(schedule: Schedule): void {
    const { id } = schedule.spec
    this.schedules.set(id, schedule)
    this.#parked.delete(id)
    if (schedule.nextMs < 0) this.scheduleTimes.delete(id)
    else this.scheduleTimes.set(id, schedule.nextMs)
  }

  dropSchedule(id: string): void {
    this.schedules.delete(id)
    this.#parked.delete(id)
    this.scheduleTimes.delete(id)
  }

  parkSchedule(id: string): void {
    this.#parked.add(id)
    this.scheduleTimes.delete(id)
  }

  /** Schedules that are due and cannot start anything, for lack of their workflow. */
  get parkedSchedules(): readonly Schedule[] {
    return Array.from(this.#parked, (id) => this.schedules.get(id) as Schedule)
  }

  /** Something was defined: those that wait may find their workflow now. */
  unparkSchedules(): void {
    for (const id of this.#parked) this.setSchedule(this.schedules.get(id) as Schedule)
  }

  /** When a run begins or a schedule is due next. */
  nextDueMs(): number | undefined {
    const [beginMs, scheduleMs] = [this.beginTimes.firstMs(), this.scheduleTimes.firstMs()]
    return beginMs === undefined || scheduleMs === undefined ? (beginMs ?? scheduleMs) : Math.min(beginMs, scheduleMs)
  }

  /** Drops everything about a run whose row is given back. */
  forget(run: number): void {
    if (!this.has(run)) return
    this.#known.delete(run)
    const parent = this.parents.get(run)
    if (parent !== undefined) {
      this.parents.delete(run)
      const siblings = this.children.get(parent.run)
      siblings?.delete(run)
      if (siblings?.size === 0) this.children.delete(parent.run)
      if (this.childOfTask.get(parent.task) === run) this.childOfTask.delete(parent.task)
    }
    const children = this.children.get(run)
    if (children !== undefined) {
      for (const child of children) {
        const orphaned = this.parents.get(child) as Parent
        this.childOfTask.delete(orphaned.task)
        this.parents.set(child, { ...orphaned, run: -1, task: -1 })
      }
      this.children.delete(run)
    }
    if (this.#attributes.has(run)) this.setAttributes(run, {})
    this.undelay(run)
    this.#undoings.delete(run)
  }

  clear(): void {
    for (const map of [
      this.parents, this.#attributes, this.#byAttribute, this.children, this.childOfTask, this.delays, this.debounced, this.schedules, this.beginTimes, this.scheduleTimes,
      this.#parked, this.#undoings, this.#known,
    ]) map.clear()
  }
}

const NO_RUNS: ReadonlySet<number> = new Set()

function attributeKey(name: string, value: string | number | boolean | undefined): string {
  return `${name}\u0000${typeof value}\u0000${String(value)}`
}
