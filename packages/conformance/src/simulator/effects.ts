import type { InvokeContext, LoadedModel, ModelSpec, Runner } from '@symphony/interface'

/** What happened to the outside under one idempotency key. */
export interface SimulatedEffect {
  readonly key: string
  /** Calls that had their effect, or may have had it: they returned, or the process died or gave up on them meanwhile. */
  readonly times: number
  /** Every one of these calls looked at its idempotency key: whoever is called can tell that it is asked again. */
  readonly usesKey: boolean
}

interface Counted {
  times: number
  usesKey: boolean
}

/** Counts effects outside by the key they should be known under, and sees who looks at it. */
export class Effects {
  readonly #counted = new Map<string, Counted>()

  /** Calls what has an effect, with a context that tells whether its key was looked at. A call that throws has had none. */
  call<Context extends { readonly idempotencyKey: string }>(context: Context, run: (watched: Context) => unknown): unknown {
    const counted = this.#counted.get(context.idempotencyKey) ?? { times: 0, usesKey: true }
    this.#counted.set(context.idempotencyKey, counted)
    let usesKey = false
    const watched = new Proxy(context, {
      get(target, name) {
        if (name === 'idempotencyKey') usesKey = true
        return Reflect.get(target, name, target) as unknown
      },
    })
    counted.times++
    const failed = (error: unknown): never => {
      counted.times--
      throw error
    }
    const done = (): void => {
      if (!usesKey) counted.usesKey = false
    }
    let answer: unknown
    try {
      answer = run(watched)
    } catch (error) {
      return failed(error)
    }
    if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') {
      done()
      return answer
    }
    // Until it answers, it counts by what it has looked at so far: that is what it may have sent.
    queueMicrotask(done)
    return (answer as PromiseLike<unknown>).then((value) => value, failed)
  }

  /** By key, as far as it had any. */
  all(): readonly SimulatedEffect[] {
    return [...this.#counted].filter(([, { times }]) => times > 0).map(([key, { times, usesKey }]) => ({ key, times, usesKey }))
  }

  /** The same model, with every call of it counted. */
  watched(model: ModelSpec): ModelSpec {
    const { runner } = model
    const wrap = (loaded: LoadedModel): LoadedModel => ({
      invoke: (input: unknown, context: InvokeContext) => this.call(context, (watched) => loaded.invoke(input, watched)),
      unload: () => loaded.unload(),
      ...(loaded.memoryBytes === undefined ? {} : { memoryBytes: () => (loaded.memoryBytes as () => number)() }),
      ...(loaded.health === undefined ? {} : { health: (signal: AbortSignal) => loaded.health?.(signal) ?? true }),
      ...(loaded.terminate === undefined ? {} : { terminate: () => loaded.terminate?.() }),
    })
    const load: Runner['load'] = (context) => {
      const loaded = runner.load(context)
      return loaded instanceof Promise ? loaded.then(wrap) : wrap(loaded)
    }
    return { ...model, runner: { kind: runner.kind, load } }
  }
}
