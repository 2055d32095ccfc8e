import { afterEach, describe, expect, it } from 'vitest'
import type { InvokeContext, LoadedModel, Logger } from '@symphony/interface'
import { functionRunner, workerThreadRunner } from '@symphony/models'
import { silentLogger, VirtualClock } from '@symphony/ports'

const module = new URL('./workers/sample.ts', import.meta.url)
const loadContext = { signal: new AbortController().signal, instance: 0 }
const loaded: LoadedModel[] = []

const context = (signal: AbortSignal = new AbortController().signal, progress: (fraction: number) => void = () => {}): InvokeContext => ({ signal, progress, attempt: 1, idempotencyKey: 'test' })

async function start(options: Partial<Parameters<typeof workerThreadRunner>[0]> = {}, ports: Parameters<typeof workerThreadRunner>[1] = {}): Promise<LoadedModel> {
  const model = await workerThreadRunner({ module, ...options }, ports).load(loadContext)
  loaded.push(model)
  return model
}

afterEach(async () => {
  for (const model of loaded.splice(0)) await model.unload()
})

describe('workerThreadRunner', () => {
  it('answers calls, many at a time, each with its own answer', async () => {
    const model = await start()
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, value) => model.invoke({ op: 'double', value }, context())))
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, value) => value * 2))
  })

  it('hands options to the module and reports a module that cannot be loaded', async () => {
    expect(await (await start({ options: { size: 3 } })).invoke({ op: 'options' }, context())).toEqual({ size: 3 })
    await expect(start({ options: 'fail' })).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('no weights') })
    await expect(start({ module: new URL('./workers/missing.ts', import.meta.url) })).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' })
  })

  it('lets one call fail alone', async () => {
    const model = await start()
    const [bad, unclonable, good] = await Promise.allSettled([model.invoke({ op: 'throw' }, context()), model.invoke({ op: 'function' }, context()), model.invoke({ op: 'double', value: 2 }, context())])
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_FAILED', message: 'bad input' } })
    expect(unclonable).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_FAILED' } })
    expect(good).toMatchObject({ status: 'fulfilled', value: 4 })
    await expect(model.invoke({ op: 'double', value: () => 1 }, context())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('shares memory instead of copying it, and moves large answers', async () => {
    const model = await start()
    const buffer = new Uint8Array(new SharedArrayBuffer(64))
    await model.invoke({ op: 'fill', buffer }, context())
    expect([...new Set(buffer)]).toEqual([7])
    const { bytes } = (await model.invoke({ op: 'large' }, context())) as { bytes: Uint8Array }
    expect([bytes.length, bytes[99_999]]).toEqual([100_000, 3])
  })

  it('reports progress before the answer', async () => {
    const seen: number[] = []
    await (await start()).invoke({ op: 'progress' }, context(undefined, (fraction) => seen.push(fraction)))
    expect(seen).toEqual([0.25, 0.5])
  })

  it('lets an aborted call end by itself', async () => {
    const model = await start()
    const controller = new AbortController()
    const answer = model.invoke({ op: 'wait' }, context(controller.signal))
    controller.abort()
    expect(await answer).toBe('noticed')
    expect(model.health?.(controller.signal)).toBe(true)
  })

  it('ends the thread of an endless loop once its grace is over', async () => {
    const clock = new VirtualClock()
    const model = await start({ graceMs: 500 }, { clock })
    const controller = new AbortController()
    const answer = model.invoke({ op: 'loop' }, context(controller.signal))
    const other = model.invoke({ op: 'double', value: 1 }, context())
    controller.abort(new Error('enough'))
    clock.advance(499)
    expect(model.health?.(controller.signal)).toBe(true)
    clock.advance(1)
    await expect(answer).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(other).rejects.toMatchObject({ code: 'ABORTED' })
    expect(model.health?.(controller.signal)).toBe(false)
    await expect(model.invoke({ op: 'double', value: 1 }, context())).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('rejects what was under way when the thread dies', async () => {
    const model = await start()
    await expect(model.invoke({ op: 'exit' }, context())).rejects.toMatchObject({ code: 'MODEL_FAILED' })
    expect(model.health?.(loadContext.signal)).toBe(false)
  })

  it('sends what the model prints to the logger', async () => {
    const printed = Promise.withResolvers<string>()
    const logger: Logger = { ...silentLogger, info: printed.resolve }
    await (await start({}, { logger })).invoke({ op: 'print' }, context())
    expect(await printed.promise).toBe('from inside')
  })

  it('stops loading when told to', async () => {
    const controller = new AbortController()
    const load = workerThreadRunner({ module }).load({ signal: controller.signal, instance: 0 })
    controller.abort()
    await expect(load).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('functionRunner', () => {
  it('calls the function at once, in this thread', async () => {
    const model = await functionRunner((input: number) => input + 1).load(loadContext)
    expect(model.invoke(1, context())).toBe(2)
  })

  it('prepares a model that has to be loaded', async () => {
    const model = await functionRunner({ load: async () => (input: number) => input * 3 }).load(loadContext)
    expect(model.invoke(2, context())).toBe(6)
  })
})
