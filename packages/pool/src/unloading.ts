import type { LoadedModel, Logger } from '@symphony/interface'
import type { Deadlines, Due } from './deadlines.ts'
import { UNLOAD_TIMEOUT_MS } from './limits.ts'
import { discard } from './loading.ts'
import { messageOf } from './pool-error.ts'

/**
 * Releases an instance in an orderly way, and by force when that takes too long or fails. Calls `done` once, at once when the
 * runner is done at once.
 */
export function unloadModel(model: LoadedModel, nowMs: number, deadlines: Deadlines, logger: Logger, done: () => void): void {
  let isWaiting = true
  const end = (): void => {
    isWaiting = false
    done()
  }
  const force = (reason: string): void => {
    logger.warn('An instance did not unload; it is terminated.', { reason })
    if (model.terminate !== undefined) discard(model)
    end()
  }
  let answer: void | Promise<void>
  try {
    answer = model.unload()
  } catch (error) {
    return force(messageOf(error))
  }
  if (typeof (answer as Promise<void> | undefined)?.then !== 'function') return end()
  const limit: Due = {
    dueAtMs: nowMs + UNLOAD_TIMEOUT_MS,
    get isWaiting() {
      return isWaiting
    },
    onDue: () => force(`not within ${UNLOAD_TIMEOUT_MS} ms`),
  }
  deadlines.add(limit)
  const settled = (next: () => void): void => {
    if (!isWaiting) return
    deadlines.over()
    next()
  }
  ;(answer as Promise<void>).then(
    () => settled(end),
    (error: unknown) => settled(() => force(messageOf(error))),
  )
}
