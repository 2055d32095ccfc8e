import type { TaskType } from '@symphony/interface'
import type { Problems } from './problems.ts'

const RETRY_KEYS: ReadonlySet<string> = new Set(['attempts', 'backoff', 'delayMs', 'delayMsMax'])
const EFFECTS: ReadonlySet<unknown> = new Set([undefined, 'none', 'outside'])
const BACKOFFS: ReadonlySet<unknown> = new Set([undefined, 'constant', 'linear', 'exponential'])

/** Keys of a task type but for its name: what a task may also say inline. */
export const TYPE_FIELDS: ReadonlySet<string> = new Set([
  'version', 'run', 'model', 'input', 'output', 'cache', 'effect', 'retry', 'timeoutMs', 'priority', 'expectedMs', 'costUsd', 'memoryBytes',
  'allowFailure', 'waitFor', 'workflow',
])
const TYPE_KEYS: ReadonlySet<string> = new Set(['name', ...TYPE_FIELDS])

/** Version of a type that gives none. */
export const DEFAULT_VERSION = '1'

/** Checks a type that stands on its own. */
export function checkTypeKeys(type: TaskType, path: string, problems: Problems): void {
  for (const key in type) if (!TYPE_KEYS.has(key)) problems.addUnknownKey(path, key, TYPE_KEYS)
  if (typeof type.name !== 'string' || type.name === '') problems.add(`${path}.name`, 'give the type a name')
}

/** Checks what a type, or a task with its inline fields, says about running. */
export function checkType(type: TaskType, path: string, problems: Problems): void {
  checkWays(type, path, problems)
  for (const key of ['run', 'input', 'output'] as const) {
    if (type[key] !== undefined && typeof type[key] !== 'function') problems.add(`${path}.${key}`, 'must be a function')
  }
  for (const key of ['version', 'model', 'waitFor', 'workflow'] as const) {
    if (type[key] === undefined || (typeof type[key] === 'string' && type[key] !== '')) continue
    problems.add(`${path}.${key}`, 'must be a string that is not empty')
  }
  if (type.allowFailure !== undefined && typeof type.allowFailure !== 'boolean') problems.add(`${path}.allowFailure`, 'must be true or false')
  if (type.cache !== undefined && type.cache !== 'without-run-input' && typeof type.cache !== 'boolean') problems.add(`${path}.cache`, 'must be true, false or "without-run-input"')
  if (!EFFECTS.has(type.effect)) problems.add(`${path}.effect`, 'must be "none" or "outside"')
  for (const key of ['expectedMs', 'costUsd', 'memoryBytes'] as const) {
    if (type[key] !== undefined && !isAtLeast(type[key], 0)) problems.add(`${path}.${key}`, 'must be a finite number, 0 or more')
  }
  const { timeoutMs } = type
  if (timeoutMs !== undefined && !(isAtLeast(timeoutMs, 0) && timeoutMs > 0)) {
    problems.add(`${path}.timeoutMs`, 'must be a finite number above 0')
  }
  if (type.priority !== undefined && !Number.isFinite(type.priority)) problems.add(`${path}.priority`, 'must be a finite number')
  if (type.retry !== undefined) checkRetry(type.retry as unknown, `${path}.retry`, problems)
}

function checkWays(type: TaskType, path: string, problems: Problems): void {
  const ways = (['run', 'model', 'waitFor', 'workflow'] as const).filter((way) => type[way] !== undefined)
  if (ways.length === 0) problems.add(path, 'says nothing to do; give it `run`, `model`, `workflow` or `waitFor`')
  if (ways.length > 1) problems.add(path, `gives ${ways.map((way) => `\`${way}\``).join(' and ')}; choose one`)
  if (type.workflow !== undefined && type.output !== undefined) problems.add(path, 'a `workflow` has its own `output`; leave it out here')
  else if (type.model === undefined && type.workflow === undefined && (type.input !== undefined || type.output !== undefined)) {
    problems.add(path, '`input` and `output` belong to a `model`, and there is none')
  }
}

function checkRetry(retry: unknown, path: string, problems: Problems): void {
  if (typeof retry !== 'object' || retry === null) {
    problems.add(path, 'must be an object with `attempts`')
    return
  }
  const policy = retry as Record<string, unknown>
  for (const key in policy) if (!RETRY_KEYS.has(key)) problems.addUnknownKey(path, key, RETRY_KEYS)
  const { attempts } = policy
  if (!Number.isInteger(attempts) || (attempts as number) < 1) problems.add(`${path}.attempts`, 'must be a whole number, 1 or more')
  if (!BACKOFFS.has(policy['backoff'])) problems.add(`${path}.backoff`, 'must be "constant", "linear" or "exponential"')
  for (const key of ['delayMs', 'delayMsMax']) {
    if (policy[key] !== undefined && !isAtLeast(policy[key], 0)) problems.add(`${path}.${key}`, 'must be a finite number, 0 or more')
  }
}

function isAtLeast(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= least
}
