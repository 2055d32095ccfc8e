import type { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { LoggedCommand } from '@symphony/interface'
import type { StoredLog } from '@symphony/journal'
import { FOLDER, logText, openInline, simulatedFolder } from '../log-fixtures.ts'

const decoder = new TextDecoder()

/** A log of so many records in many small segments, with a checkpoint now and then whose state is the number of records. */
export async function longLog(records: number, checkpointEvery: number, isClosed = true): Promise<SimulatedFileSystem> {
  const fs = simulatedFolder()
  const journal = await openInline(fs)
  for (let number = 1; number <= records; number++) {
    await journal.durable(logText(journal, `${number} ${'x'.repeat(300)}`))
    if (number % checkpointEvery === 0) await journal.checkpoint([{ component: 1, bytes: new TextEncoder().encode(String(number)) }])
  }
  if (isClosed) await journal.close()
  return isClosed ? fs : fs.killed()
}

/** The state a log gives: the number in its checkpoint, then those of its records. */
export function numbersOf({ checkpointSections, replay }: Pick<StoredLog, 'checkpointSections' | 'replay'>): { readonly from: number; readonly numbers: readonly number[] } {
  const numbers: number[] = []
  replay((command) => void numbers.push(numberIn(command)))
  return { from: Number(decoder.decode(checkpointSections[0]?.bytes)), numbers }
}

export function numberIn({ body }: LoggedCommand): number {
  return Number(decoder.decode(body).split(' ')[0])
}

/** The last number of the state that opening the log for writing gives. */
export async function lastNumber(fs: SimulatedFileSystem): Promise<number> {
  const journal = await openInline(fs)
  const { from, numbers } = numbersOf({ checkpointSections: journal.checkpointSections, replay: (visit) => void journal.replay(visit) })
  await journal.close()
  if (numbers.some((number, index) => number !== from + index + 1)) throw new Error(`not a state: ${from} and then ${numbers.join(' ')}`)
  return from + numbers.length
}


export function segmentPathOf(number: number): string {
  return `${FOLDER}/segment-${String(number).padStart(10, '0')}.log`
}

/** Flips a bit of a file. */
export function flip(fs: SimulatedFileSystem, path: string, at: number): void {
  const bytes = fs.bytesOf(path).slice()
  bytes[at] = (bytes[at] as number) ^ 1
  fs.setBytes(path, bytes)
}
