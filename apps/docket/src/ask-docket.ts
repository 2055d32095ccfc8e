import { createRuntime } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import { ask } from './ask/ask.ts'
import type { Answer } from './ask/ask.ts'
import { deserialiseIndex } from './content/search-index.ts'
import { latestArchive } from './latest-archive.ts'

/** A question to the newest archive of a state folder. */
export interface AskDocketOptions {
  readonly stateFolder: string
  readonly question: string
  /** Pieces of evidence at most. Default 5. */
  readonly limit?: number
  readonly runtime?: RuntimeConfig
}

/** An answer made of sentences of the archive, each with its place. */
export type DocketAnswer = Answer

/**
 * Answers a question from the newest archive.
 *
 * @throws SymphonyError `NOT_FOUND` when there is no archive yet, `JOURNAL_LOCKED` while a run has the state folder open
 */
export async function askDocket(options: AskDocketOptions): Promise<DocketAnswer> {
  await using symphony = await createRuntime({ ...options.runtime, folder: options.stateFolder })
  const { index } = latestArchive(symphony.artifacts)
  return ask(deserialiseIndex(symphony.artifacts.getText(index)), options.question, { evidenceMax: options.limit ?? 5 })
}
