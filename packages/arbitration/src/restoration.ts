import { abandonWrite, TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import type { ArbitrationLayout } from './layout.ts'

/** Between the last ticket of one inside and the first of the next, and instead when what stands there as the last one cannot be: none is ever given twice. */
const TICKETS_APART = 2 ** 32
const TICKETS_MAX = 2 ** 40

/**
 * Empties the region of an engine that has failed, in place, and believes nothing of what is in it. What is known of tenants is the
 * caller's to write. What every row gets when it is taken into use may stay as it is.
 */
export function emptied({ region, ticketsBefore }: { readonly region: Region<ArbitrationLayout>; readonly ticketsBefore: number }): Region<ArbitrationLayout> {
  const { words, tables } = region
  const last = words.tickets[0] as number
  const isLikely = Number.isSafeInteger(last) && last >= ticketsBefore && last < ticketsBefore + TICKETS_MAX
  words.tickets[0] = isLikely ? last + TICKETS_APART : ticketsBefore + TICKETS_MAX
  words.memoryUsedBytes[0] = words.decided[0] = 0
  for (const { line } of [tables.requests, tables.flows]) line[TABLE_LINE.USED] = line[TABLE_LINE.FREE] = line[TABLE_LINE.LIVE] = 0
  tables.ticketHeads.columns.row.fill(0)
  tables.decisionWords.columns.word.fill(0)
  abandonWrite(region)
  return region
}
