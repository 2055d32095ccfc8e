import { SymphonyError } from '@symphony/interface'
import type { SchemaIssue, SchemaResult, StandardSchema, TaskType } from '@symphony/interface'
import { StoredContent } from './store-output.ts'

/**
 * What the schema of a task makes of what it left; by a promise where the schema answers later.
 * @throws SymphonyError `OUTPUT_INVALID` with all problems by path
 */
export function checkedOutput(schema: StandardSchema, task: string, value: unknown): unknown {
  // What is only named may be larger than memory.
  if (value instanceof StoredContent) return value
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((later) => valueOf(later, task)) : valueOf(result, task)
}

/**
 * The same where nobody can wait.
 * @throws SymphonyError `OUTPUT_INVALID`
 */
export function checkedAtOnce(schema: StandardSchema, task: string, value: unknown): unknown {
  const checked = checkedOutput(schema, task, value)
  if (!(checked instanceof Promise)) return checked
  // Nobody waits for it, so a rejection would have no other listener.
  checked.catch(() => {})
  throw unfit(task, [`the schema (${schema['~standard'].vendor}) answers later; use one that checks at once`])
}

/**
 * What becomes of the value of a signal: what the schemas of those that may wait for it make of it.
 * @throws SymphonyError `OUTPUT_INVALID` when none of them takes it
 */
export function checkedSignal(waiting: Iterable<Pick<TaskType, 'outputSchema'>>, name: string, value: unknown): unknown {
  let refusal: unknown
  for (const { outputSchema } of waiting) {
    if (outputSchema === undefined) return value
    try {
      return checkedAtOnce(outputSchema, `signal ${name}`, value)
    } catch (error) {
      refusal ??= error
    }
  }
  if (refusal !== undefined) throw refusal
  return value
}

function valueOf(result: SchemaResult<unknown>, task: string): unknown {
  if (result.issues === undefined) return result.value
  throw unfit(task, result.issues.map((issue) => `output${placeOf(issue)}: ${issue.message}`))
}

function unfit(task: string, problems: readonly string[]): SymphonyError {
  return new SymphonyError({
    code: 'OUTPUT_INVALID',
    component: 'conductor',
    message: `What "${task}" leaves does not fit its outputSchema: ${problems[0]}${problems.length > 1 ? ', …' : '.'}`,
    details: { task, problems },
  })
}

function placeOf({ path = [] }: SchemaIssue): string {
  return path
    .map((part) => (typeof part === 'object' ? part.key : part))
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
}
