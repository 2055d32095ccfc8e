import { SymphonyError } from '@symphony/interface'
import type { Clock, Json, Need, Random, TaskContext, TaskSpec, WorkflowSpec } from '@symphony/interface'

/** What a run is started with: by it every task can tell whose it is. */
export interface RunInput {
  readonly run: string
  readonly workflow: string
  readonly seed: number
}

/** Where the tasks of all workflows live: a clock to wait by, and what they found wrong. */
export interface Stage {
  clock: Clock
  readonly leaks: string[]
  /** Functions that were called. */
  calls: number
}

/** A number that only depends on the text (FNV-1a). */
export function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/**
 * A workflow of random tasks, each of which checks what it sees. What a task leaves depends on the run it belongs to and on what has to
 * have ended before it, never on when or beside whom it ran.
 */
export function randomWorkflow(random: Random, name: string, stage: Stage): WorkflowSpec {
  const count = 3 + Math.floor(random.next() * 10)
  const tasks: TaskSpec[] = []
  const routed = new Map<string, string[]>()
  for (let place = 0; place < count; place++) {
    const id = `t${place}`
    const kinds = ['hard', 'hard', 'hard', 'soft', 'optional'] as const
    const needs = tasks.filter(() => random.next() < 0.3).map(({ id: task }): Need => ({ task, kind: kinds[Math.floor(random.next() * kinds.length)]! }))
    const counting = needs.filter(({ kind }) => kind !== 'optional').length
    const isAll = counting < 2 || random.next() < 0.6
    const join = isAll ? 'all' : random.next() < 0.5 ? 'any' : { atLeast: 1 + Math.floor(random.next() * counting) }
    const soft = needs.find(({ kind }) => kind === 'soft')
    const when = isAll && soft !== undefined && random.next() < 0.4 ? `!${soft.task}.failed` : undefined
    const sure = isAll ? needs.filter(({ kind }) => kind !== 'optional').map(({ task }) => task) : []
    for (const { task, kind } of needs) if (kind === 'hard') routed.set(task, [...(routed.get(task) ?? []), id])
    tasks.push({ id, needs, params: { workflow: name, task: id }, ...(isAll ? {} : { join }), ...(when === undefined ? {} : { when }), ...nature(random, id, { sure, stage, name, routed }) })
  }
  const leaf = (context: TaskContext): Json => leave(context, { sure: [], stage, name, routed })
  return { name, tasks, types: [{ name: 'added', run: leaf }] }
}

interface Surroundings {
  /** Needs whose outcome is the same whenever the task starts. */
  readonly sure: readonly string[]
  readonly stage: Stage
  readonly name: string
  /** Hard dependents of each task. */
  readonly routed: ReadonlyMap<string, readonly string[]>
}

/** What a task does. */
function nature(random: Random, id: string, around: Surroundings): Partial<TaskSpec> {
  const { stage } = around
  const later = <T>(delayMs: number, make: () => T): Promise<T> => new Promise((resolve, reject) => {
    stage.clock.schedule(delayMs, () => {
      try {
        resolve(make())
      } catch (error) {
        reject(error as Error)
      }
    })
  })
  const plain = (context: TaskContext): Json => leave(context, around)
  const slow = (context: TaskContext): Promise<Json> => later(1 + decide(context, 'sleep', 200), () => leave(context, around))
  const risky = (context: TaskContext): Json | Promise<Json> => {
    if (decide(context, 'fails', 3) === 0) throw new SymphonyError({ code: 'TASK_FAILED', component: 'test', message: `${context.runId} ${context.taskId} failed`, retryable: true })
    return decide(context, 'slow', 2) === 0 ? slow(context) : plain(context)
  }
  const natures: readonly (() => Partial<TaskSpec>)[] = [
    () => ({ run: plain }),
    () => ({ run: async (context) => plain(context) }),
    () => ({ run: slow }),
    () => ({ run: slow, cache: true }),
    () => ({ run: risky }),
    () => ({ run: risky, allowFailure: true }),
    () => ({ run: risky, retry: { attempts: 3, delayMs: 20, backoff: 'exponential', jitter: 0.5 } }),
    () => ({ run: risky, fallback: { run: plain } }),
    () => ({ run: risky, default: 'default' }),
    () => ({ run: () => new Promise(() => {}), timeoutMs: 250, default: 'timed out' }),
    () => ({ waitFor: `go ${id}` }),
    () => ({ delayMs: 1 + Math.floor(random.next() * 300) }),
    () => ({ model: 'echo', cache: false, input: (context: TaskContext) => plain(context), output: (answer: unknown, context: TaskContext) => echoed(answer, context, around) }),
    () => ({ run: (context) => {
      const names = (around.routed.get(id) ?? []).filter((task) => decide(context, task, 2) === 0)
      if (names.length > 0) context.route(...names)
      return plain(context)
    } }),
    () => ({ run: (context) => {
      const params = (task: string): Json => ({ workflow: around.name, task })
      context.expand({ tasks: Array.from({ length: decide(context, 'adds', 5) }, (_, at) => `${id} adds ${at}`).map((task) => ({ id: task, type: 'added', params: params(task) })) })
      return plain(context)
    } }),
    () => ({ map: {
      over: (context) => Array.from({ length: decide(context, 'items', 6) }, (_, index) => ({ run: context.runId, task: id, index })),
      params: { workflow: around.name, task: id },
      failures: (['raise', 'drop', 'keep'] as const)[Math.floor(random.next() * 3)]!,
      run: risky,
    } }),
  ]
  return natures[Math.floor(random.next() * natures.length)]!()
}

function decide({ runInput, taskId, attempt }: TaskContext, what: string, of: number): number {
  return textHash(`${(runInput as unknown as RunInput).seed}/${taskId}/${attempt}/${what}`) % of
}

/** Looks at everything a task can see, and leaves whose it is and what its needs left. */
function leave(context: TaskContext, around: Surroundings): Json {
  const { runId, taskId, params, inputs, item, index, signal, idempotencyKey } = context
  const { stage, name, sure } = around
  const { run, workflow } = context.runInput as unknown as RunInput
  const leak = (what: string): void => void stage.leaks.push(`${runId} ${taskId}: ${what}`)
  stage.calls++
  if (run !== runId || workflow !== name) leak(`has the input of ${run} of ${workflow}`)
  if (idempotencyKey !== `${runId}/${taskId}`) leak(`has the key ${idempotencyKey}`)
  if (signal.aborted) leak('begins with a signal that has fired')
  const own = params as { readonly workflow: string; readonly task: string }
  if (own.workflow !== name || own.task !== (item === undefined ? taskId : taskId.slice(0, taskId.lastIndexOf('[')))) leak(`has the params of ${own.task} of ${own.workflow}`)
  if (item !== undefined) {
    const seen = item as { readonly run: string; readonly task: string; readonly index: number }
    if (seen.run !== runId || seen.task !== own.task || seen.index !== index || taskId !== `${own.task}[${index}]`) leak(`has the item ${JSON.stringify(item)}`)
  }
  for (const [need, value] of inputs.entries()) {
    for (const found of JSON.stringify(value ?? null).matchAll(/"run":"([^"]*)"/g)) if (found[1] !== runId) leak(`reads from ${need} what ${found[1]} left`)
  }
  const seen = sure.map((need) => [need, inputs.outcome(need), JSON.stringify(inputs.get(need) ?? null)])
  return { run: runId, task: taskId, seen: textHash(JSON.stringify(seen)), ...(index === undefined ? {} : { index }) }
}

function echoed(answer: unknown, { runId, taskId }: TaskContext, { stage }: Surroundings): Json {
  const { run, task } = answer as { readonly run: string; readonly task: string }
  if (run !== runId || task !== taskId) stage.leaks.push(`${runId} ${taskId}: got the answer for ${run} ${task}`)
  return answer as Json
}
