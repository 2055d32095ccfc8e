import { SymphonyError } from '@symphony/interface'
import { closest, distance } from 'fastest-levenshtein'
import * as v from 'valibot'
import { configSchema } from './config-schema.ts'
import type { HostConfig } from './host-config.ts'

/**
 * Checks a configuration and reports every problem at once, each with its path, unknown keys with the nearest one there is.
 *
 * @throws SymphonyError `CONFIG_INVALID`, `details.problems`
 */
export function validateConfig(value: unknown, source: string): HostConfig {
  const result = v.safeParse(configSchema, value)
  if (result.success) return result.output
  const problems = result.issues.map(describe)
  throw new SymphonyError({
    code: 'CONFIG_INVALID',
    component: 'host/config',
    message: `${source} is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    details: { source, problems },
  })
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? '(the whole)'
  const isUnknownKey = issue.type === 'strict_object' && issue.expected === 'never'
  if (!isUnknownKey) return `${path}: ${issue.message}`
  const key = path.split('.').at(-1) as string
  const known = knownKeys(path.split('.').slice(0, -1))
  const nearest = known.length === 0 ? undefined : closest(key, known)
  const isNear = nearest !== undefined && distance(key, nearest) <= Math.max(2, key.length / 2)
  return `${path}: unknown key${isNear ? `, did you mean "${nearest}"?` : known.length > 0 ? `; known are ${known.join(', ')}` : ''}`
}

/** Keys of the object at a path of the schema. */
function knownKeys(path: readonly string[]): readonly string[] {
  let schema: unknown = configSchema
  for (const part of path) {
    const node = unwrap(schema) as { entries?: Record<string, unknown>; item?: unknown }
    schema = node.entries?.[part] ?? node.item
  }
  return Object.keys((unwrap(schema) as { entries?: Record<string, unknown> } | undefined)?.entries ?? {})
}

function unwrap(schema: unknown): unknown {
  return (schema as { wrapped?: unknown } | undefined)?.wrapped ?? schema
}
