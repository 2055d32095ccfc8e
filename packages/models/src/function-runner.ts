import { SymphonyError } from '@symphony/interface'
import type { InvokeContext, LoadContext, LoadedModel, Runner } from '@symphony/interface'

/** A model that is a function of this thread. May answer at once or by a promise. */
export type ModelFunction = (input: never, context: InvokeContext) => unknown

/** A model that has something to load first: weights, a connection, a compiled grammar. */
export interface FunctionModel {
  /** Called once an instance. Gives the function, or a whole loaded model with its own `unload`, `health` and `memoryBytes`. */
  load(context: LoadContext): ModelFunction | LoadedModel | Promise<ModelFunction | LoadedModel>
}

/**
 * Runs a model as a function in this thread: the default for what is quick, or waits for something outside. What computes for
 * long belongs on a worker thread, because nothing else runs meanwhile and nothing can end it.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`
 * @example
 * const shout = functionRunner((text: string) => text.toUpperCase())
 * const search = functionRunner({ load: async () => { const index = await openIndex(); return (query: string) => index.find(query) } })
 */
export function functionRunner(source: ModelFunction | FunctionModel): Runner {
  if (typeof source === 'function') {
    // One object for all instances: a bare function has no state to keep apart.
    const loaded = loadedFunction(source)
    return { kind: 'function', load: () => loaded }
  }
  if (typeof source?.load !== 'function') {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/models', message: 'functionRunner takes a function, or an object with a load function that gives one.' })
  }
  return {
    kind: 'function',
    load(context) {
      const answer = source.load(context)
      return isPromise(answer) ? answer.then(asLoaded) : asLoaded(answer)
    },
  }
}

function asLoaded(given: ModelFunction | LoadedModel): LoadedModel {
  return typeof given === 'function' ? loadedFunction(given) : given
}

function loadedFunction(run: ModelFunction): LoadedModel {
  return { invoke: run as LoadedModel['invoke'], unload() {} }
}

function isPromise(value: unknown): value is Promise<ModelFunction | LoadedModel> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
