import { workerThreadRunner } from '@symphony/models'
const r = workerThreadRunner({ module: `data:text/javascript,export const load = () => ({ invoke: (x) => x * 2 })` })
const m = await r.load({ signal: new AbortController().signal, instance: 0 })
console.log(await m.invoke(21, { signal: new AbortController().signal, progress() {}, attempt: 1, idempotencyKey: '' }))
console.log(process.getActiveResourcesInfo())
