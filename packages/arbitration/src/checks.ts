import type { BudgetSpec } from '@symphony/interface'
import { checkNumber } from './init.ts'
import { checkUsd } from './ledger.ts'

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkNeeds(costUsd: number, memoryBytes: number): void {
  checkUsd('costUsd', costUsd)
  checkNumber('memoryBytes', memoryBytes, 0, Number.MAX_SAFE_INTEGER, false)
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkBudget(spec: BudgetSpec): void {
  checkUsd('limitUsd', spec.limitUsd)
  if (spec.windowMs !== undefined) checkNumber('windowMs', spec.windowMs, 1, Number.MAX_SAFE_INTEGER, false)
}
