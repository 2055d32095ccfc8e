import type { Backend } from './backend.ts'
import { VERDICT } from './admission.ts'

/**
 * The earliest time, in the clock's monotonicMs, at which the head of a line that does not fit now may fit because time has
 * passed: a token has come back, a budget window has begun, a model has rested. Linear in the number of lines.
 */
export function nextChangeMs(backend: Backend): number | undefined {
  const time = backend.time.read()
  let earliestMs = Infinity
  for (const queue of backend.queues) {
    if (queue === undefined || queue.waiting === 0) continue
    if (queue.restsUntilMs > time.monotonicMs) {
      earliestMs = Math.min(earliestMs, queue.restsUntilMs)
      continue
    }
    for (const group of queue.groups) {
      if (group.waiting === 0) continue
      for (const flow of group.flows) {
        const head = backend.fair.headOf(flow)
        if (head < 0) continue
        const verdict = backend.admission.verdict(head, time)
        if (verdict !== VERDICT.FITS) earliestMs = Math.min(earliestMs, backend.admission.mayChangeAtMs(verdict, head, time))
      }
    }
  }
  return earliestMs === Infinity ? undefined : earliestMs
}
