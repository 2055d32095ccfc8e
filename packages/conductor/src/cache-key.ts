import { hash } from 'node:crypto'
import type { Json, NeedOutcome, TaskType } from '@symphony/interface'

/**
 * The name under which a result is remembered: everything the task could have seen, so that equal keys mean equal results.
 * Code by its workflow, type and version, model by its version, params, and each need by id, outcome, output address and error.
 */
export function cacheKey(workflow: string, type: TaskType, modelVersion: string, params: Json, runInput: Json, needs: readonly NeedOutcome[]): string {
  const inputs = needs.map((need) => [need.id, need.output ?? need.state, need.error?.code ?? '', need.error?.message ?? '']).sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1))
  return hash('sha256', canonical([workflow, type.name, type.version ?? '1', type.model ?? '', modelVersion, params, runInput, inputs]))
}

/** JSON with sorted keys: equal values, equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
