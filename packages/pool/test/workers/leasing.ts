import { parentPort, workerData } from 'node:worker_threads'
import type { ModelNumber } from '@symphony/interface'
import { attachPoolLeases } from '@symphony/pool'
import type { SlotHold } from '@symphony/pool'
import { claim, unclaim } from './claims.ts'

const { buffer, model, claims, slots, count } = workerData as { buffer: SharedArrayBuffer; model: ModelNumber; claims: SharedArrayBuffer; slots: number; count: number }
const leases = attachPoolLeases(buffer)
const held: SlotHold[] = []

/** Leases and releases, two at a time, and counts contradictions. */
function run(): { leases: number; errors: number } {
  let done = 0
  let errors = 0
  while (done < count) {
    const pair = [leases.tryLease(model), done + 1 < count ? leases.tryLease(model) : undefined]
    for (const hold of pair) if (hold !== undefined) errors += claim(claims, hold.instance, slots, hold.token)
    for (const hold of pair) {
      if (hold === undefined) continue
      unclaim(claims, hold.instance)
      if (!hold.isLive || !hold.release() || hold.release() || hold.isLive) errors++
      done++
    }
  }
  return { leases: done, errors }
}

parentPort?.on('message', (message: 'run' | 'take' | 'give') => {
  if (message === 'run') return parentPort?.postMessage(run())
  if (message === 'give') return parentPort?.postMessage(held.pop()?.release() === true)
  const hold = leases.tryLease(model)
  if (hold !== undefined) held.push(hold)
  return parentPort?.postMessage(hold !== undefined)
})
parentPort?.postMessage('attached')
