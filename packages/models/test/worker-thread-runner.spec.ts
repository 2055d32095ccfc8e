import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import type { InvokeContext, LoadContext, LoadedModel, Logger } from '@symphony/interface'
import { functionRunner, workerThreadRunner } from '@symphony/models'
import type { WorkerThreadInit, WorkerThreadPorts } from '@symphony/models'
import { silentLogger, VirtualClock } from '@symphony/ports'

const module = new URL('./workers/sample.ts', import.meta.url)
const loadContext = { signal: new AbortController().signal, instance: 0 }
const loaded: LoadedModel[] = []

const context = (signal: AbortSignal = new AbortController().signal, progress: (fraction: number) => void = () => {}): InvokeContext => ({ signal, progress, attempt: 1, idempotencyKey: 'test' })

async function start(options: Partial<WorkerThreadInit> = {}, ports: WorkerThreadPorts = {}, loading: LoadContext = loadContext): Promise<LoadedModel> {
  const model = await workerThreadRunner({ module, ...options }, ports).load(loading)
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
    expect(await model.health?.(loadContext.signal)).toBe(true)
  })

  it('disowns a call that hears of its abort and goes on, and keeps the thread', async () => {
    // The pool's side of time stands still: only the thread itself can end the call.
    const model = await start({ graceMs: 0 }, { clock: new VirtualClock() })
    const controller = new AbortController()
    const answer = model.invoke({ op: 'never' }, context(controller.signal))
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toMatchObject({ code: 'ABORTED', message: expect.stringContaining('enough') })
    expect(await model.invoke({ op: 'double', value: 4 }, context())).toBe(8)
  })

  it('ends the thread of an endless loop once its grace is over', async () => {
    const clock = new VirtualClock()
    const lost: unknown[] = []
    const model = await start({ graceMs: 500 }, { clock }, { ...loadContext, fail: (reason) => lost.push(reason) })
    const controller = new AbortController()
    const answer = model.invoke({ op: 'loop' }, context(controller.signal))
    const other = model.invoke({ op: 'double', value: 1 }, context())
    controller.abort(new Error('enough'))
    clock.advance(499)
    expect(lost).toEqual([])
    clock.advance(1)
    await expect(answer).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(other).rejects.toMatchObject({ code: 'MODEL_FAILED', retryable: true })
    expect(lost).toEqual([expect.objectContaining({ code: 'MODEL_FAILED' })])
    expect(model.health?.(loadContext.signal)).toBe(false)
    await expect(model.invoke({ op: 'double', value: 1 }, context())).rejects.toMatchObject({ code: 'MODEL_FAILED' })
  })

  it('refuses a call whose caller gave up before, without bothering the thread', async () => {
    const model = await start()
    await expect(model.invoke({ op: 'loop' }, context(AbortSignal.abort('late')))).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await model.invoke({ op: 'double', value: 1 }, context())).toBe(2)
  })

  it.each(['exit', 'crash', 'memory'])('rejects what was under way when the thread dies (%s), and tells of it once', async (op) => {
    const lost: unknown[] = []
    const model = await start({ resourceLimits: { maxOldGenerationSizeMb: 16 } }, {}, { ...loadContext, fail: (reason) => lost.push(reason) })
    await expect(model.invoke({ op }, context())).rejects.toMatchObject({ code: 'MODEL_FAILED', retryable: true })
    expect(model.health?.(loadContext.signal)).toBe(false)
    expect(lost).toHaveLength(1)
  })

  it('says nothing of its end when it was asked to end', async () => {
    const lost: unknown[] = []
    const model = await start({}, {}, { ...loadContext, fail: (reason) => lost.push(reason) })
    expect(model.memoryBytes?.()).toBeGreaterThan(1e6)
    await model.unload()
    await model.unload()
    expect(lost).toEqual([])
    await expect(model.invoke({ op: 'double', value: 1 }, context())).rejects.toMatchObject({ code: 'MODEL_FAILED' })
  })

  it('keeps an input that is not to be moved, and moves one that is', async () => {
    const inputs = await Promise.all(
      (['answers', 'all'] as const).map(async (transfer) => {
        const bytes = new Uint8Array(100_000).fill(1)
        expect(await (await start({ transfer })).invoke({ op: 'sum', bytes }, context())).toBe(100_000)
        return bytes.length
      }),
    )
    expect(inputs).toEqual([100_000, 0])
  })

  it('sends what the model prints to the logger, line by line', async () => {
    const printed: string[] = []
    const logger: Logger = { ...silentLogger, info: (line) => printed.push(`info ${line}`), warn: (line) => printed.push(`warn ${line}`) }
    await (await start({}, { logger })).invoke({ op: 'print' }, context())
    expect(printed).toEqual(['info from inside', 'warn half a line'])
  })

  it('keeps a process alive for its calls, not otherwise', () => {
    const script = `
      import { workerThreadRunner } from '@symphony/models'
      const { signal } = new AbortController()
      const model = await workerThreadRunner({ module: ${JSON.stringify(module.href)} }).load({ signal, instance: 0 })
      const context = { signal, progress() {}, attempt: 1, idempotencyKey: '' }
      console.log(await model.invoke({ op: 'double', value: 21 }, context))
      const next = await workerThreadRunner({ module: ${JSON.stringify(module.href)} }).load({ signal, instance: 0 })
      console.log(await next.invoke({ op: 'exit' }, context).catch((error) => error.code))`
    const run = spawnSync(process.execPath, ['--conditions=@symphony/source', '--input-type=module', '-e', script], { cwd: import.meta.dirname, encoding: 'utf8', timeout: 20_000 })
    expect([run.stdout, run.signal, run.status]).toEqual(['42\nMODEL_FAILED\n', null, 0])
  })

  it('stops loading when told to', async () => {
    const controller = new AbortController()
    const load = workerThreadRunner({ module }).load({ signal: controller.signal, instance: 0 })
    controller.abort()
    await expect(load).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('what it is made of', () => {
  it.each([
    [{ module: './relative.js' }, 'INVALID_ARGUMENT'],
    [{ module, graceMs: -1 }, 'INVALID_ARGUMENT'],
    [{ module, transfer: 'some' }, 'INVALID_ARGUMENT'],
    [{ module, path: 'x' }, 'UNKNOWN_KEY'],
  ])('is checked before a thread is started', (init, code) => {
    expect(() => workerThreadRunner(init as never)).toThrow(expect.objectContaining({ code }))
  })
})

describe('functionRunner', () => {
  it('refuses what is no function', () => {
    expect(() => functionRunner({} as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })


  it('calls the function at once, in this thread', async () => {
    const model = await functionRunner((input: number) => input + 1).load(loadContext)
    expect(model.invoke(1, context())).toBe(2)
  })

  it('prepares a model that has to be loaded', async () => {
    const model = await functionRunner({ load: async () => (input: number) => input * 3 }).load(loadContext)
    expect(model.invoke(2, context())).toBe(6)
  })
})
