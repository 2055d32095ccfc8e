import { BACK_OFF_MAX_MS, BACK_OFF_MS } from './limits.ts'

/** How long to wait after the n-th failure in a row; none after none. */
export function backOffMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** (failures - 1))
}
