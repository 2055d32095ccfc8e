import type { Clock, ErrorCode, Lease, LoadContext, LoadedModel, ModelSpec, PoolManager, Runner, SymphonyError } from '@symphony/interface'
import { rejects } from './expectations.ts'
import type { Maker } from './suite.ts'

/** What the cases ask of `create`: the pool, made with the options as its init, a clock that moves when told, and its events. */
export interface PoolSurroundings {
  readonly clock: Clock & { advance(byMs: number): void }
  /** Every event the pool published so far. */
  readonly events: readonly { readonly type: number; readonly subject: number; readonly a: number; readonly b: number }[]
}

export interface PoolStage extends PoolSurroundings {
  readonly pool: PoolManager
}

export async function stage(make: Maker<PoolManager>, options?: Readonly<Record<string, unknown>>): Promise<PoolStage> {
  const { component, surroundings } = await make(options)
  return { pool: component, ...(surroundings as unknown as PoolSurroundings) }
}

/** Lets everything that can happen without time passing happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A load under way, to be ended by the case. */
export interface Load {
  readonly context: LoadContext
  succeed(): void
  fail(reason: unknown): void
}

/** A runner whose every step is in the hands of the case. */
export class HandRunner implements Runner {
  readonly kind = 'by-hand'
  /** Loads that have begun and not ended. */
  readonly loads: Load[] = []
  /** Contexts of all loads, in order. */
  readonly contexts: LoadContext[] = []
  unloaded = 0
  terminated = 0
  isWell = true
  /** What a call does; gives back its input unless the case says otherwise. */
  answer: LoadedModel['invoke'] = (input) => input
  /** Orderly unloading ends when this does. */
  unloading: Promise<void> | undefined
  readonly #isPatient: boolean

  /** @param isPatient loads end when the case says so; otherwise at once */
  constructor(isPatient: boolean = false) {
    this.#isPatient = isPatient
  }

  load(context: LoadContext): LoadedModel | Promise<LoadedModel> {
    this.contexts.push(context)
    if (!this.#isPatient) return this.model()
    return new Promise((resolve, reject) => {
      const load: Load = {
        context,
        succeed: () => this.#end(load, () => resolve(this.model())),
        fail: (reason) => this.#end(load, () => reject(reason as Error)),
      }
      this.loads.push(load)
    })
  }

  model(): LoadedModel {
    return {
      invoke: (input, context) => this.answer(input, context),
      health: () => this.isWell,
      unload: () => {
        this.unloaded++
        return this.unloading
      },
      terminate: () => void this.terminated++,
    }
  }

  #end(load: Load, how: () => void): void {
    this.loads.splice(this.loads.indexOf(load), 1)
    how()
  }
}

/** A pool with one model, registered and hot. */
export async function hot(make: Maker<PoolManager>, spec: Partial<ModelSpec> = {}, options?: Readonly<Record<string, unknown>>): Promise<PoolStage & { readonly runner: HandRunner }> {
  const staged = await stage(make, options)
  const runner = new HandRunner()
  staged.pool.registerModel({ id: 'm', runner, ...spec })
  await staged.pool.prewarm('m', spec.instancesMax ?? 1)
  return { ...staged, runner }
}

/** The lease a case cannot go on without. */
export function take(pool: PoolManager, model: string = 'm'): Lease {
  const lease = pool.tryAllocateModel(model)
  if (lease === undefined) throw new Error(`expected a free slot of "${model}"`)
  return lease
}

/** What has become of a promise, to be asked without waiting for it. */
export interface Watched<T> {
  readonly promise: Promise<T>
  state: 'waiting' | 'fulfilled' | 'rejected'
  value: T | undefined
}

export function watched<T>(promise: Promise<T>): Watched<T> {
  const watch: Watched<T> = { promise, state: 'waiting', value: undefined }
  promise.then(
    (value) => {
      watch.state = 'fulfilled'
      watch.value = value
    },
    () => void (watch.state = 'rejected'),
  )
  return watch
}

/** A promise that may be rejected before anybody looks at it. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Asserts that a call has failed by now with this code: one that still waits is a failure, not a case that never ends. */
export async function refused(code: ErrorCode, promise: Promise<unknown>): Promise<SymphonyError> {
  const watch = watched(promise)
  await settle()
  if (watch.state === 'waiting') throw new Error(`expected ${code}, but the call still waits`)
  return rejects(code, promise)
}

/** Asserts that a call has succeeded by now, and gives what it answered. */
export async function served<T>(promise: Promise<T>): Promise<T> {
  const watch = watched(promise)
  await settle()
  if (watch.state === 'waiting') throw new Error('expected an answer by now, but the call still waits')
  return promise
}

export function states(pool: PoolManager, model: string = 'm'): readonly string[] {
  return pool.inspect(model).instances.map((instance) => instance.state)
}
