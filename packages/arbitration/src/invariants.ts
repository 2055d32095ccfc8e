import { TABLE_LINE } from '@symphony/shared-memory'
import type { Backend } from './backend.ts'
import { REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import { EVERYONE } from './tenant-directory.ts'

/** With so many rows all is looked at in one go, and the counts as well: a fraction of a millisecond. */
const ROWS_AT_ONCE = 16_384

/**
 * Looks whether what must always hold does: requests are in a state that exists, in a line that exists, and the counts of tenants are
 * those of the requests. Of more rows than can be looked at in one go some are, and the counts only against each other.
 */
export class InvariantCheck {
  /** Row that is next. */
  #next = 0

  /** @param parts calls until everything was looked at, at the latest; @returns what does not hold */
  look(backend: Backend, parts: number): string | undefined {
    const used = backend.used
    const problem = wordsProblem(backend) ?? countsProblem(backend)
    if (problem !== undefined) return problem
    if (this.#next >= used) this.#next = 0
    const from = used <= ROWS_AT_ONCE ? 0 : this.#next
    const end = Math.min(used, from + Math.max(ROWS_AT_ONCE, Math.ceil(used / parts)))
    this.#next = end
    return rowsProblem(backend, from, end, used <= ROWS_AT_ONCE)
  }
}

function wordsProblem({ region, requests, ticketsBefore }: Backend): string | undefined {
  const { words, tables } = region
  for (const name of ['requests', 'flows', 'tenants'] as const) {
    const { rows, line } = tables[name]
    const used = line[TABLE_LINE.USED] as number
    const live = line[TABLE_LINE.LIVE] as number
    if (!(live >= 0 && live <= used && used <= rows)) return `table "${name}" has ${live} rows in use of ${used}`
  }
  const free = tables.requests.line[TABLE_LINE.FREE] as number
  if (free !== 0 && (!(free > 0 && free <= tables.requests.rows) || requests[(free - 1) * REQUEST_WORDS + REQUEST_WORD.STATE] !== REQUEST.FREE)) return `request row ${free - 1} is the next free one, and in use`
  const tickets = words.tickets[0] as number
  if (!(tickets >= ticketsBefore)) return `the last ticket is ${tickets}, of before ${ticketsBefore}`
  const held = words.memoryUsedBytes[0] as number
  return held > -1 ? undefined : `${held} bytes are held`
}

function countsProblem({ tenants, directory, queues, live }: Backend): string | undefined {
  let waiting = 0
  let running = 0
  for (let tenant = EVERYONE; tenant < directory.count; tenant++) {
    waiting += tenants.waiting[tenant] as number
    running += tenants.running[tenant] as number
    const spent = tenants.spent[tenant] as number
    if (!(spent >= 0)) return `tenant "${directory.nameOf(tenant)}" has spent ${spent}`
    if (!((tenants.weight[tenant] as number) > 0)) return `tenant "${directory.nameOf(tenant)}" has the weight ${tenants.weight[tenant]}`
  }
  let queued = 0
  for (const queue of queues) queued += queue?.waiting ?? 0
  if (waiting !== queued) return `${queued} requests are in line, ${waiting} were counted`
  return waiting + running === live ? undefined : `${live} requests wait or run, ${waiting + running} were counted`
}

function rowsProblem({ requests, flows, region, tickets, instants, live }: Backend, from: number, end: number, isAll: boolean): string | undefined {
  const flowsUsed = region.tables.flows.line[TABLE_LINE.USED] as number
  let found = 0
  for (let row = from; row < end; row++) {
    const at = row * REQUEST_WORDS
    const state = requests[at + REQUEST_WORD.STATE] as number
    if (state === REQUEST.FREE) continue
    found++
    const flow = requests[at + REQUEST_WORD.FLOW] as number
    const ticket = requests[at + REQUEST_WORD.TICKET] as number
    if (state !== REQUEST.WAITING && state !== REQUEST.RUNNING) return `request row ${row} is in state ${state}, which is none`
    if (!(flow >= 0 && flow < flowsUsed) || flows.tenant[flow] === undefined) return `request row ${row} is in line ${flow} of ${flowsUsed}`
    if (!(ticket > 0 && ticket <= (tickets[0] as number))) return `request row ${row} has ticket ${ticket} of ${tickets[0]}`
  }
  const rows = live - instants.count
  return !isAll || found === rows ? undefined : `${found} rows are of requests, ${rows} were counted`
}
