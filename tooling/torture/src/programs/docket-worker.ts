// Makes the archive of a folder and says `durable <lsn>`; ends itself without warning at the given record it logs.
import { runDocket } from '@symphony/docket'
import type { CommandLog } from '@symphony/interface'
import { createStaleManager } from '@symphony/stale'
import { announce } from './announce.ts'

/** What a working process is told. */
interface DocketOrders {
  readonly documents: string
  readonly stateFolder: string
  /** Of those this process logs, from 1. Undefined: it is let. */
  readonly killAt: number | undefined
}

const { documents, stateFolder, killAt = Infinity } = JSON.parse(process.argv[2] as string) as DocketOrders

/** Everybody logs here: the record has its number, and is not on the device yet. */
function strikeAt(log: CommandLog): void {
  const openedLsn = log.lastLsn
  const append = log.append.bind(log)
  log.append = (...command) => {
    const lsn = append(...command)
    if (lsn - openedLsn >= killAt) {
      announce('struck', `${command[0]}.${command[1]}`)
      process.kill(process.pid, 'SIGKILL')
    }
    void log.durable(lsn).then(() => announce('durable', lsn))
    return lsn
  }
}

// The factory of a component is where a composer gets hold of the log.
const outcome = await runDocket({
  sources: [{ folder: documents, label: 'documents' }],
  stateFolder,
  runtime: {
    stale: (ports) => {
      if (ports.log !== undefined) strikeAt(ports.log)
      const { clock, random, logger, events } = ports
      return createStaleManager({}, { clock, random, logger, events })
    },
  },
})
announce('outcome', JSON.stringify({ finished: outcome.finished, documents: outcome.documents, duplicates: outcome.duplicates, unreadable: outcome.unreadable, total: outcome.tasks.total }))
