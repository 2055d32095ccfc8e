import { isSymphonyError } from '@symphony/interface'
import { messageOf, poolError } from './pool-error.ts'

/** What a model threw as the error its caller gets: one that is ours already passes through, another becomes the cause. */
export function callError(model: string, thrown: unknown): Error {
  if (isSymphonyError(thrown)) return thrown
  return poolError('MODEL_FAILED', `Model "${model}" failed: ${messageOf(thrown)}`, { model }, thrown)
}
