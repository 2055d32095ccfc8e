import { SymphonyError } from '@symphony/interface'
import type { Json, SchemaIssue, StandardSchema, WorkflowSpec } from '@symphony/interface'

/** Fields of a type that hold a schema. Like functions, schemas stay with the program: the log has none of them. */
export const SCHEMA_FIELDS: readonly ['paramsSchema', 'outputSchema'] = ['paramsSchema', 'outputSchema']
export const NO_SCHEMA = 'must be a Standard Schema (valibot, zod, arktype, ...)'

/** Whether a value is a Standard Schema v1. Some libraries make functions of them, others objects. */
export function isSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  const standard = (value as Partial<StandardSchema>)['~standard']
  return standard?.version === 1 && typeof standard.validate === 'function'
}

/** What a schema says about a value: what it makes of it, or problems, each led by its path below `path`. */
export function validate<Output>(schema: StandardSchema<unknown, Output>, value: unknown, path: string): { readonly value: Output } | { readonly problems: readonly string[] } {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Nobody waits for it, so a rejection would have no other listener.
    result.catch(() => {})
    return { problems: [`${path}: the schema (${schema['~standard'].vendor}) answers later; use one that checks at once`] }
  }
  if (result.issues === undefined) return { value: result.value }
  return { problems: result.issues.map((issue) => `${path}${placeOf(issue)}: ${issue.message}`) }
}

/**
 * The input a run starts with: what the workflow's schema makes of the given one.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems by path
 */
export function checkRunInput(spec: WorkflowSpec, input: Json): Json {
  if (spec.inputSchema === undefined) return input
  const checked = validate(spec.inputSchema, input, 'input')
  if ('value' in checked) return (checked.value as Json | undefined) ?? null
  const { problems } = checked
  throw new SymphonyError({
    code: 'WORKFLOW_INVALID',
    component: '@symphony/dag',
    message: `Workflow "${spec.name}" does not take this input: ${problems[0]}${problems.length > 1 ? ', …' : '.'} Start it with an input that fits its inputSchema.`,
    details: { problems },
  })
}

function placeOf({ path = [] }: SchemaIssue): string {
  return path
    .map((part) => (typeof part === 'object' ? part.key : part))
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
}
