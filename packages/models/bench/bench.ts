import { workerThreadRunner } from '@symphony/models'
import type { InvokeContext } from '@symphony/interface'

const rounds = Number(process.argv[2] ?? 5)
const module = new URL('./echo-model.ts', import.meta.url)

/** Thousands of calls a second, median and spread over the rounds after one to warm up; and what they cost this thread. */
async function measure(name: string, calls: number, run: () => Promise<void>): Promise<void> {
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const cpu = process.threadCpuUsage()
    const start = performance.now()
    await run()
    const elapsedMs = performance.now() - start
    const used = process.threadCpuUsage(cpu)
    if (round === 0) continue
    rates.push(calls / elapsedMs)
    costs.push((used.user + used.system) / calls)
  }
  rates.sort((a, b) => a - b)
  costs.sort((a, b) => a - b)
  const middle = (values: readonly number[]): string => (values[values.length >> 1] as number).toFixed(1)
  console.log(`${name.padEnd(44)} ${middle(rates)} k/s (${rates[0]?.toFixed(1)} to ${rates.at(-1)?.toFixed(1)}), ${middle(costs)} µs of this thread a call`)
}

const context: InvokeContext = { signal: new AbortController().signal, progress() {}, attempt: 1, idempotencyKey: 'bench' }
const model = await workerThreadRunner({ module }).load({ signal: context.signal, instance: 0 })

await measure('one at a time', 10_000, async () => {
  for (let id = 0; id < 10_000; id++) await model.invoke({ id }, context)
})

await measure('1,000 in flight', 200_000, async () => {
  for (let id = 0; id < 200_000; id += 1_000) await Promise.all(Array.from({ length: 1_000 }, (_, index) => model.invoke({ id: id + index }, context)))
})

await measure('1,000 in flight, each followed by the next', 200_000, async () => {
  let next = 0
  const one = async (): Promise<void> => {
    while (next < 200_000) await model.invoke({ id: next++ }, context)
  }
  await Promise.all(Array.from({ length: 1_000 }, one))
})

for (const transfer of ['none', 'all'] as const) {
  const moving = await workerThreadRunner({ module, transfer }).load({ signal: context.signal, instance: 0 })
  await measure(`1 MiB there and back, transfer: ${transfer}`, 200, async () => {
    let bytes = new Uint8Array(2 ** 20)
    for (let round = 0; round < 200; round++) bytes = (await moving.invoke(bytes, context)) as typeof bytes
  })
  await moving.unload()
}

await model.unload()
