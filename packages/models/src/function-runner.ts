import type { InvokeContext, LoadContext, LoadedModel, Runner } from '@symphony/interface'

/** A function as a model: what it gets and what it may answer. */
export type ModelFunction = (input: never, context: InvokeContext) => unknown

/** A model of this thread that has to be prepared before it can be used. */
export interface FunctionModel {
  load(context: LoadContext): ModelFunction | LoadedModel | Promise<ModelFunction | LoadedModel>
}

/**
 * Runs a model in this thread: for what is asynchronous by nature or takes microseconds. Whatever keeps the thread busy for longer
 * belongs into a worker thread.
 *
 * @example
 * pool.registerModel({ id: 'echo', runner: functionRunner((text: string) => text.toUpperCase()), slotsPerInstance: 16 })
 */
export function functionRunner(model: ModelFunction | FunctionModel): Runner {
  return {
    kind: 'function',
    load(context) {
      const loaded = typeof model === 'function' ? model : model.load(context)
      return loaded instanceof Promise ? loaded.then(asLoaded) : asLoaded(loaded)
    },
  }
}

function asLoaded(model: ModelFunction | LoadedModel): LoadedModel {
  if (typeof model !== 'function') return model
  return { invoke: model as LoadedModel['invoke'], unload() {} }
}
