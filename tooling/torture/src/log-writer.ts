import { closeSync, openSync, statSync } from 'node:fs'
import { isSymphonyError } from '@symphony/interface'
import type { Journal, Lsn, Random } from '@symphony/interface'
import { nodeFileSystem } from '@symphony/ports'
import { BESIDES, decodeCheckpoint, encodeCheckpoint, nextState, PLAIN, recordContent } from './log-content.ts'
import type { LogPlace } from './log-place.ts'

/** What is written, and to whom it is told. */
export interface WritingOptions {
  readonly journal: Journal
  readonly place: LogPlace
  readonly seed: number
  readonly generation: number
  readonly rounds: number
  readonly random: Random
  /** Hears `opened`, `acked`, `checkpointing`, `unchecked`, `closing` and `closed`, each with a number or a word. */
  readonly say: (word: string, value: string | number) => void
}

/** A journal that did not keep its word. */
export class BrokenPromise extends Error {}

/** The file a writer keeps beside the log could not be written: nobody's promise is broken. */
export class OwnFileFailed extends Error {}

/**
 * Recovers, then logs and checkpoints as the seed says, and closes.
 *
 * @throws what the journal throws; BrokenPromise
 */
export async function writeLog(options: WritingOptions): Promise<void> {
  const { journal, place, rounds, random, say } = options
  const writer = new LogWriter(options, recover(journal), openSync(place.besides, 'r+'))
  say('opened', journal.lastLsn)
  try {
    for (let round = 1; round <= rounds; round++) {
      const waits = writer.round()
      // Who does not wait leaves its promises to be kept later.
      if (random.next() < 0.3) for (const wait of waits) wait.catch(() => {})
      else await allOf(waits)
      if (random.next() < 0.05) await new Promise((resolve) => setImmediate(resolve))
    }
    say('closing', journal.lastLsn)
    await journal.close()
    say('closed', journal.lastLsn)
  } finally {
    writer.end()
  }
}

/** The state that the log and its checkpoint say: a fold over everything logged. */
function recover(journal: Journal): number {
  const section = journal.checkpointSections[0]
  let state = section === undefined ? 0 : decodeCheckpoint(section.bytes).state
  journal.replay(({ type, body }) => {
    if (type !== BESIDES) state = nextState(state, { parts: [body], besides: undefined })
  })
  return state
}

/** One refusal is the refusal of all that are open, each for the same reason. */
async function allOf(waits: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(waits)
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  if (failed.length > 0) throw failed.find((error) => !isSymphonyError(error, 'JOURNAL_POISONED')) ?? failed[0]
}

class LogWriter {
  readonly #options: WritingOptions
  readonly #file: number
  #fileBytes: number
  #state: number

  constructor(options: WritingOptions, state: number, file: number) {
    this.#options = options
    this.#state = state
    this.#file = file
    this.#fileBytes = statSync(options.place.besides).size
  }

  end(): void {
    closeSync(this.#file)
  }

  round(): readonly Promise<void>[] {
    const lsns = Array.from({ length: 1 + Math.floor(this.#options.random.next() * 12) }, () => this.#log())
    const waits = lsns.filter(() => this.#chance(0.3)).map((lsn) => this.#acked(lsn))
    return this.#chance(0.08) ? [...waits, this.#checkpoint()] : waits
  }

  #chance(part: number): boolean {
    return this.#options.random.next() < part
  }

  #log(): Lsn {
    const { journal, seed, generation, place } = this.#options
    const content = recordContent(seed, generation, journal.lastLsn + 1, place.contentBytesMax)
    this.#state = nextState(this.#state, content)
    return journal.transact(() => {
      let lsn = journal.lastLsn
      if (content.besides !== undefined) lsn = this.#logBesides(content.besides)
      for (const part of content.parts) lsn = journal.append(1, PLAIN, part)
      return lsn
    })
  }

  #logBesides(bytes: Uint8Array): Lsn {
    const { journal } = this.#options
    const at = this.#fileBytes
    this.#fileBytes += bytes.length
    // Written at once, or no later than the record is handed over: both are offered.
    if (this.#chance(0.5)) {
      this.#writeOwn(bytes, at)
      journal.syncBefore(this.#file)
    } else journal.syncBefore(this.#file, () => nodeFileSystem.write(this.#file, bytes, at))
    const place = new Uint8Array(8)
    new DataView(place.buffer).setFloat64(0, at, true)
    return journal.append(1, BESIDES, place)
  }

  #writeOwn(bytes: Uint8Array, at: number): void {
    try {
      nodeFileSystem.write(this.#file, bytes, at)
    } catch (cause) {
      throw new OwnFileFailed('the file beside the log could not be written', { cause })
    }
  }

  async #acked(lsn: Lsn): Promise<void> {
    const { journal, say } = this.#options
    await journal.durable(lsn)
    promised(journal.durableLsn >= lsn, `durable answered for ${lsn} at ${journal.durableLsn}`)
    say('acked', lsn)
  }

  async #checkpoint(): Promise<void> {
    const { journal, say } = this.#options
    say('checkpointing', journal.lastLsn)
    try {
      say('acked', await journal.checkpoint([{ component: 1, bytes: encodeCheckpoint({ lsn: journal.lastLsn, state: this.#state }) }]))
    } catch (error) {
      // The log goes on without it, unless it is the log that failed.
      if (isSymphonyError(error, 'JOURNAL_POISONED')) throw error
      say('unchecked', isSymphonyError(error) ? error.code : String(error))
    }
  }
}

/**
 * After one failure: nothing is taken any more, nothing is acknowledged any more, and what was stays true.
 *
 * @throws BrokenPromise
 */
export async function checkPoisoned(journal: Journal): Promise<void> {
  const { durableLsn, lastLsn } = journal
  const isAllDurable = durableLsn === lastLsn
  const refusals = await Promise.allSettled([journal.durable(lastLsn), journal.flush(), journal.checkpoint([]), Promise.resolve().then(() => journal.append(1, PLAIN, new Uint8Array(1)))])
  refusals.forEach((refusal, index) => {
    const isRefused = refusal.status === 'rejected' && isSymphonyError(refusal.reason, 'JOURNAL_POISONED')
    promised(isRefused || (index < 2 && isAllDurable), `call ${index} after the failure: ${refusal.status === 'rejected' ? String(refusal.reason) : 'it was accepted'}`)
  })
  await journal.durable(durableLsn)
  await journal.close().then(
    () => promised(isAllDurable, 'close did not tell that records were lost'),
    (error: unknown) => promised(isSymphonyError(error, 'JOURNAL_POISONED'), `close: ${String(error)}`),
  )
  promised(journal.durableLsn === durableLsn, 'something was acknowledged after the failure')
}

function promised(holds: boolean, what: string): void {
  if (!holds) throw new BrokenPromise(what)
}
