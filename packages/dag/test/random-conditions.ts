import type { Condition, Need, TaskStateName } from '@symphony/interface'

const TESTS = ['succeeded', 'failed', 'skipped', 'ended'] as const

/** Ids of the tasks of a definition before this one. */
export function earlier(index: number): readonly string[] {
  return Array.from({ length: index }, (_, place) => `t${place}`)
}

/** Some condition over tasks; of a hard need only its success is of interest. */
export function conditionOf(seed: number, known: readonly string[], needs: readonly Need[]): Condition {
  const usable = known.filter((id) => !needs.some(({ task, kind }) => task === id && kind === 'optional'))
  const leaf = (number: number): Condition => {
    const task = usable[number % usable.length] ?? 't0'
    const isHard = needs.some((need) => need.task === task && need.kind === 'hard')
    return { task, is: isHard ? 'succeeded' : (TESTS[number % 4] as 'failed') }
  }
  const parts = [leaf(seed), leaf(seed >> 2), leaf(seed >> 4)]
  const inner: Condition = seed % 3 === 0 ? { all: parts.slice(1) } : { any: parts.slice(1) }
  const outer: Condition = seed % 5 === 0 ? { not: inner } : inner
  return seed % 7 === 0 ? { all: [parts[0] as Condition, outer] } : { any: [outer, parts[0] as Condition] }
}

export function namedIn(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(namedIn)
  if ('any' in condition) return condition.any.flatMap(namedIn)
  return 'not' in condition ? namedIn(condition.not) : [condition.task]
}

export function textOf(condition: Condition): string {
  if ('all' in condition) return `(${condition.all.map(textOf).join(' && ')})`
  if ('any' in condition) return `(${condition.any.map(textOf).join(' || ')})`
  if ('not' in condition) return `!${textOf(condition.not)}`
  const id = /^\w+$/.test(condition.task) ? condition.task : `"${condition.task}"`
  return condition.is === 'succeeded' ? `"${condition.task}"` : `${id}.${condition.is}`
}

/** Whether a condition holds once all it names has ended. */
export function holds(condition: Condition, outcomeOf: (task: string) => TaskStateName): boolean {
  if ('all' in condition) return condition.all.every((part) => holds(part, outcomeOf))
  if ('any' in condition) return condition.any.some((part) => holds(part, outcomeOf))
  if ('not' in condition) return !holds(condition.not, outcomeOf)
  return condition.is === 'ended' || outcomeOf(condition.task) === condition.is
}
