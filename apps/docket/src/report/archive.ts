import type { NearDuplicates } from '../content/near-duplicates.ts'
import type { DocumentType } from '../content/sniff.ts'
import type { UnreadableCode } from '../content/unreadable.ts'
import type { Entity } from '../models/nlp-entities.ts'
import type { Keyword } from '../models/nlp-keywords.ts'
import type { SummarySentence } from '../models/nlp-summary.ts'
import type { DoubtfulWord } from '../models/ocr.ts'

/** A page of a document, and how its text was obtained. */
export interface PageEntry {
  /** From 1. */
  readonly page: number
  /** `layer`: the text was in the file. `ocr`: it was recognised on a picture. `none`: there is no text, and why is in the run's failures. */
  readonly method: 'layer' | 'ocr' | 'none'
  /** 0 to 100; 100 for a text layer. */
  readonly confidence: number
  /** Resolution of the reading that was taken. */
  readonly dpi?: number
  /** Resolutions tried, in their order. */
  readonly tried?: readonly number[]
  readonly doubtful?: readonly DoubtfulWord[]
}

/** What the analysis says about a text. */
export interface Analysis {
  readonly sentences: number
  readonly tokens: number
  readonly language: 'en' | 'other'
  /** -1 to 1. */
  readonly sentiment: number
  readonly keywords: readonly Keyword[]
  readonly entities: readonly Entity[]
  readonly summary: readonly SummarySentence[]
  /** The analysis looked at the beginning only. */
  readonly truncated: boolean
}

/** A file that could be read. Files of equal content each have an entry; all but the first say of whom they are a copy. */
export interface DocumentEntry {
  readonly path: string
  /** SHA-256 of the file's content. */
  readonly hash: string
  readonly bytes: number
  readonly type: DocumentType
  readonly title: string
  readonly characters: number
  readonly pages: readonly PageEntry[]
  /** Path of the first file with the same content. */
  readonly duplicateOf?: string
  readonly analysis?: Analysis
}

/** A file that could not be read, and why. */
export interface UnreadableEntry {
  readonly path: string
  readonly code: UnreadableCode | 'failed'
  readonly reason: string
  readonly bytes?: number
}

/** Numbers over the whole archive. */
export interface ArchiveTotals {
  /** Files looked at, unreadable ones included. */
  readonly files: number
  readonly bytes: number
  /** Distinct contents that were read. */
  readonly documents: number
  readonly duplicates: number
  /** Bytes that exact copies take. */
  readonly duplicateBytes: number
  readonly nearDuplicates: number
  readonly unreadable: number
  readonly pages: number
  readonly pagesRecognised: number
  /** Mean over the recognised pages, 0 to 100; 0 if there are none. */
  readonly confidenceMean: number
  readonly characters: number
}

/** Everything that is known about a folder of documents. JSON; equal input gives an equal archive. */
export interface Archive {
  readonly format: 1
  readonly totals: ArchiveTotals
  /** Sorted by path. */
  readonly documents: readonly DocumentEntry[]
  readonly unreadable: readonly UnreadableEntry[]
  /** Over the distinct contents; `leader` and `id` are paths. */
  readonly nearDuplicates: readonly NearDuplicates[]
  /** The words most documents are about; of near-duplicates one counts. */
  readonly keywords: readonly { readonly word: string, readonly documents: number }[]
}

/** Figures of the run that made an archive. They differ from run to run, so they are no part of it. */
export interface RunFigures {
  readonly runId: string
  readonly tasksRun: number
  /** Results taken from an earlier run instead of working again. */
  readonly tasksRecalled: number
  readonly tasksFailed: number
  readonly elapsedMs: number
  /** ISO 8601, if it should be shown. */
  readonly finishedAt?: string
  readonly pools: readonly {
    readonly model: string
    readonly instances: number
    readonly calls: number
    /** Time spent inside the model, all instances together. */
    readonly busyMs?: number
  }[]
  /** Anything else worth a line, as it should read. */
  readonly notes?: readonly string[]
}
