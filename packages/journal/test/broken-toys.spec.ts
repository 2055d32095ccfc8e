import { journalSuite, judge } from '@symphony/conformance'
import { describe, expect, it } from 'vitest'
import { toySubject } from './toy-journal.ts'
import type { Flaw } from './toy-journal.ts'

const supports = { sharedRegion: false, replayable: true, multiThreaded: false, features: { crash: true, faults: true, damage: true, otherFile: true, placing: true } }

async function failedCases(flaw: Flaw | undefined): Promise<readonly string[]> {
  const outcomes = await judge(journalSuite, { supports, create: () => toySubject(flaw) })
  return outcomes.filter(({ outcome }) => outcome === 'failed').map(({ name, reason }) => (flaw === undefined ? `${name}: ${reason}` : name))
}

/** Each flaw, and the case that has to notice it. */
const caught: Readonly<Record<Flaw, string>> = {
  'ack-before-sync': 'has what it acknowledged after a crash, in order, once',
  'lost-tail': 'has what it acknowledged after a crash, in order, once',
  'reused-lsn': 'goes on numbering where it left off, after a close and after a crash',
  'unchecked-bytes': 'refuses to open a log that was damaged, and says where it was still good',
  'split-transaction': 'makes one record of a transaction, nested ones included',
  'record-half-written': 'keeps a record whole when the crash falls between its commands and its end',
  'shared-bytes': 'copies the bytes when they are appended',
  'no-lock': 'refuses a second opener, and lets the next one in after a close',
  'replays-below-checkpoint': 'hands the checkpoint back and replays what came after it',
  'drops-tail-with-checkpoint': 'hands the checkpoint back and replays what came after it',
  'dates-checkpoints-by-now': 'takes a checkpoint of an earlier moment, and replays what was logged since',
  'believes-any-moment': 'refuses a checkpoint of a moment that has not been',
  'adopts-what-is-not-there': 'adopts no checkpoint that is not there',
  'forgets-what-it-adopted': 'adopts a checkpoint that another thread has written, and replays what was logged since',
  'goes-on-after-failure': 'is poisoned by a storage that fails: acknowledges nothing more, keeps what it acknowledged',
  'forgets-who-waits': 'tells who waits for a record that a checkpoint or a flush has made durable',
  'loses-records-on-close': 'writes on close what nobody waited for, then refuses',
  'ignores-other-files': 'forces another file before the record that refers to it',
  'hands-over-before-the-write': 'has what a record refers to written before the record is handed over, once for all that asked',
  'writes-again-for-each-call': 'has what a record refers to written before the record is handed over, once for all that asked',
  'goes-on-without-the-write': 'acknowledges nothing that refers to what could not be written',
}

describe('the journal suite', () => {
  it('passes the toy without a flaw', async () => {
    expect(await failedCases(undefined)).toEqual([])
  })

  it.each(Object.entries(caught) as [Flaw, string][])('catches a toy that has "%s"', async (flaw, name) => {
    expect(await failedCases(flaw)).toContain(name)
  })
})
