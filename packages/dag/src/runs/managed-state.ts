import type { RunAttributes } from '@symphony/interface'

/** The task a run was started for. Names stay when the parent run is forgotten; rows become -1. */
export interface Parent {
  readonly run: number
  readonly task: number
  readonly runId: string
  readonly taskId: string
  /** Runs above this one. */
  readonly depth: number
}

/**
 * What is known about runs as wholes, by run row. It lives on the heap: most runs have nothing here, and nothing here is on the way
 * of a task.
 */
export class ManagedState {
  /** Of runs that were started for a task, in order of their starts. */
  readonly parents: Map<number, Parent> = new Map()
  readonly attributes: Map<number, RunAttributes> = new Map()
  /** Derived from `parents`: children of a run, and the newest child of a task. */
  readonly children: Map<number, Set<number>> = new Map()
  readonly childOfTask: Map<number, number> = new Map()

  adopt(run: number, parent: Parent): void {
    this.parents.set(run, parent)
    if (parent.run < 0) return
    const siblings = this.children.get(parent.run)
    if (siblings === undefined) this.children.set(parent.run, new Set([run]))
    else siblings.add(run)
    this.childOfTask.set(parent.task, run)
  }

  /** Drops everything about a run whose row is given back. */
  forget(run: number): void {
    const parent = this.parents.get(run)
    if (parent !== undefined) {
      this.parents.delete(run)
      const siblings = this.children.get(parent.run)
      siblings?.delete(run)
      if (siblings?.size === 0) this.children.delete(parent.run)
      if (this.childOfTask.get(parent.task) === run) this.childOfTask.delete(parent.task)
    }
    for (const child of this.children.get(run) ?? []) {
      const orphaned = this.parents.get(child) as Parent
      this.childOfTask.delete(orphaned.task)
      this.parents.set(child, { ...orphaned, run: -1, task: -1 })
    }
    this.children.delete(run)
    this.attributes.delete(run)
  }

  clear(): void {
    for (const map of [this.parents, this.attributes, this.children, this.childOfTask]) map.clear()
  }
}
