import { KINDS } from '../layout.ts'
import { FAILED, SKIPPED, SUCCEEDED } from '../transitions.ts'
import { evaluate } from './condition.ts'
import type { CompiledTemplate } from './template.ts'

/** Tasks a condition may name for all its cases to be tried: three outcomes each. Longer ones are believed. */
const NAMED_MAX = 6

/** Why a task can never run. */
export interface NeverRuns {
  readonly task: number
  /** Its own condition never holds; otherwise it needs too much that never runs. */
  readonly isOwn: boolean
}

/**
 * Tasks that cannot run however the others end: their condition holds in no case, or what they need never runs. A task that runs may
 * succeed or fail, and any may be skipped; none is cancelled while its run goes on.
 */
export function tasksThatNeverRun(compiled: CompiledTemplate): readonly NeverRuns[] {
  const never = new Uint8Array(compiled.taskCount)
  const found: NeverRuns[] = []
  for (const task of compiled.order) {
    const program = compiled.conditions?.get(task)
    const isOwn = program !== undefined && !canHold(compiled, task, program, never)
    if (!isOwn && !lacksNeeds(compiled, task, never)) continue
    never[task] = 1
    found.push({ task, isOwn })
  }
  return found.sort((a, b) => a.task - b.task)
}

function lacksNeeds({ inStart, inFrom, inKind, joins }: CompiledTemplate, task: number, never: Uint8Array): boolean {
  let needs = 0
  let lost = 0
  for (let edge = inStart[task] as number; edge < (inStart[task + 1] as number); edge++) {
    if (inKind[edge] === KINDS.OPTIONAL) continue
    needs++
    if (inKind[edge] === KINDS.HARD && never[inFrom[edge] as number] === 1) lost++
  }
  return needs - lost < (joins?.get(task) ?? needs)
}

/** Tries every way the named tasks can have ended when the condition is looked at. */
function canHold(compiled: CompiledTemplate, task: number, program: Int32Array, never: Uint8Array): boolean {
  const named = [...new Set(program.filter((word) => word >= 0).map((word) => word >> 3))]
  if (named.length > NAMED_MAX) return true
  const outcomes = named.map((node) => possible(compiled, task, node, never))
  const cases = outcomes.reduce((product, { length }) => product * length, 1)
  for (let number = 0; number < cases; number++) {
    let left = number
    const chosen = new Map<number, number>()
    for (const [place, ways] of outcomes.entries()) {
      chosen.set(named[place] as number, ways[left % ways.length] as number)
      left = Math.trunc(left / ways.length)
    }
    if (evaluate(program, 0, program.length, (node) => chosen.get(node) as number)) return true
  }
  return false
}

function possible({ inStart, inFrom, inKind }: CompiledTemplate, task: number, need: number, never: Uint8Array): readonly number[] {
  const edge = inFrom.subarray(inStart[task], inStart[task + 1]).indexOf(need)
  // Without the success of a hard need it does not come to the condition.
  if (edge >= 0 && inKind[(inStart[task] as number) + edge] === KINDS.HARD) return [SUCCEEDED]
  return never[need] === 1 ? [SKIPPED] : [SUCCEEDED, FAILED, SKIPPED]
}
