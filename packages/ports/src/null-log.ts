import type { CommandLog, Lsn } from '@symphony/interface'

/** A log that keeps nothing and calls everything durable: what a component works with when it is used alone, in memory. */
export function nullLog(): CommandLog {
  let lsn = 0
  let depth = 0
  return {
    append() {
      if (depth === 0) lsn++
      return lsn as Lsn
    },
    transact(change) {
      if (depth === 0) lsn++
      depth++
      try {
        return change()
      } finally {
        depth--
      }
    },
    durable: () => Promise.resolve(),
    syncBefore(file, write) {
      write?.()
    },
    get lastLsn() {
      return lsn as Lsn
    },
    get durableLsn() {
      return lsn as Lsn
    },
  }
}

/** Events nobody listens to. */
export const nullEvents: { publish(type: number, subject: number, a: number, b: number): void } = { publish() {} }
