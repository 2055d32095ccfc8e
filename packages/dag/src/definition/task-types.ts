import type { TaskType } from '@symphony/interface'
import { isSchema, NO_SCHEMA, SCHEMA_FIELDS } from './schemas.ts'
import type { Problems } from './problems.ts'
import { problemOfFields } from '../runs/cron.ts'

const RETRY_KEYS: ReadonlySet<string> = new Set(['attempts', 'backoff', 'delayMs', 'delayMsMax', 'jitter', 'on', 'notOn'])
const FALLBACK_KEYS: ReadonlySet<string> = new Set(['run', 'model', 'input', 'output'])
const EFFECTS: ReadonlySet<unknown> = new Set([undefined, 'none', 'outside'])
const BACKOFFS: ReadonlySet<unknown> = new Set([undefined, 'constant', 'linear', 'exponential'])

/** Keys of a task type but for its name: what a task may also say inline. */
export const TYPE_FIELDS: ReadonlySet<string> = new Set([
  'version', 'run', 'model', 'input', 'output', 'cache', 'effect', 'retry', 'timeoutMs', 'priority', 'expectedMs', 'costUsd', 'memoryBytes',
  'allowFailure', 'waitFor', 'workflow', 'delayMs', 'untilMs', 'cron', 'idleTimeoutMs', 'fallback', 'default', 'concurrency', 'compensate', 'paramsSchema', 'outputSchema',
])
const TYPE_KEYS: ReadonlySet<string> = new Set(['name', ...TYPE_FIELDS])

/** Fields that may be functions, in the order their bits are logged in. */
export const FUNCTION_FIELDS = ['run', 'input', 'output', 'delayMs', 'untilMs', 'fallback', 'compensate', 'concurrency'] as const

/** Objects that may hold functions. */
const HOLDERS: ReadonlySet<string> = new Set(['fallback', 'concurrency'])

/** Whether a field of a type holds what only the program can supply: a function, or a fallback, which is or has one. */
export function isOfProgram(field: string, value: unknown): boolean {
  return typeof value === 'function' || (HOLDERS.has(field) && value !== undefined)
}
/** What a task can do; each does one of them. */
const WAYS = ['run', 'model', 'workflow', 'waitFor', 'delayMs', 'untilMs', 'cron'] as const
const WAYS_AS_TEXT = '`run`, `model`, `workflow`, `waitFor`, `delayMs`, `untilMs` or `cron`'

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
  for (const key of ['run', 'input', 'output', 'compensate'] as const) {
    if (type[key] !== undefined && typeof type[key] !== 'function') problems.add(`${path}.${key}`, 'must be a function')
  }
  for (const key of SCHEMA_FIELDS) {
    if (type[key] !== undefined && !isSchema(type[key])) problems.add(`${path}.${key}`, NO_SCHEMA)
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
  for (const key of ['delayMs', 'untilMs'] as const) {
    if (type[key] === undefined || typeof type[key] === 'function' || isAtLeast(type[key], 0)) continue
    problems.add(`${path}.${key}`, 'must be a finite number, 0 or more, or a function that computes one')
  }
  const cronProblem = type.cron === undefined ? undefined : problemOfFields(type.cron)
  if (cronProblem !== undefined) problems.add(`${path}.cron`, cronProblem)
  for (const key of ['timeoutMs', 'idleTimeoutMs'] as const) {
    const limitMs = type[key]
    if (limitMs !== undefined && !(isAtLeast(limitMs, 0) && limitMs > 0)) problems.add(`${path}.${key}`, 'must be a finite number above 0')
  }
  if (type.concurrency !== undefined) checkConcurrency(type.concurrency as unknown, `${path}.concurrency`, problems)
  if (type.fallback !== undefined) checkFallback(type.fallback as unknown, `${path}.fallback`, problems)
  if (type.priority !== undefined && !Number.isFinite(type.priority)) problems.add(`${path}.priority`, 'must be a finite number')
  if (type.retry !== undefined) checkRetry(type.retry as unknown, `${path}.retry`, problems)
}

function checkWays(type: TaskType, path: string, problems: Problems): void {
  const ways = WAYS.filter((way) => type[way] !== undefined)
  if (ways.length === 0) problems.add(path, `says nothing to do; give it ${WAYS_AS_TEXT}`)
  if (ways.length > 1) problems.add(path, `gives ${ways.map((way) => `\`${way}\``).join(' and ')}; choose one`)
  if (type.workflow !== undefined && type.output !== undefined) problems.add(path, 'a `workflow` has its own `output`; leave it out here')
  else if (type.model === undefined && type.workflow === undefined && (type.input !== undefined || type.output !== undefined)) {
    problems.add(path, '`input` and `output` belong to a `model`, and there is none')
  }
}

function checkConcurrency(concurrency: unknown, path: string, problems: Problems): void {
  const { max, key } = (typeof concurrency === 'object' && concurrency !== null ? concurrency : {}) as Record<string, unknown>
  if (!Number.isInteger(max) || (max as number) < 1) problems.add(`${path}.max`, 'must be a whole number, 1 or more')
  if (key !== undefined && typeof key !== 'function' && (typeof key !== 'string' || key === '')) problems.add(`${path}.key`, 'must be a string that is not empty, or a function that computes one')
}

function checkFallback(fallback: unknown, path: string, problems: Problems): void {
  if (typeof fallback !== 'object' || fallback === null) {
    problems.add(path, 'must be an object with `run` or `model`')
    return
  }
  const way = fallback as Record<string, unknown>
  for (const key in way) if (!FALLBACK_KEYS.has(key)) problems.addUnknownKey(path, key, FALLBACK_KEYS)
  if ((way['run'] === undefined) === (way['model'] === undefined)) problems.add(path, 'gives one of `run` and `model`')
  for (const key of ['run', 'input', 'output']) if (way[key] !== undefined && typeof way[key] !== 'function') problems.add(`${path}.${key}`, 'must be a function')
  if (way['model'] !== undefined && (typeof way['model'] !== 'string' || way['model'] === '')) problems.add(`${path}.model`, 'must be a string that is not empty')
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
  const { jitter } = policy
  if (jitter !== undefined && !(isAtLeast(jitter, 0) && jitter <= 1)) problems.add(`${path}.jitter`, 'must be a number from 0 to 1')
  for (const key of ['on', 'notOn']) {
    const codes = policy[key]
    if (codes !== undefined && !(Array.isArray(codes) && codes.every((code) => typeof code === 'string'))) problems.add(`${path}.${key}`, 'must be an array of error codes')
  }
}

function isAtLeast(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= least
}
