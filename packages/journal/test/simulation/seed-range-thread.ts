// Runs the stories of a range of seeds, with a bug planted into the journal if asked for, and tells what came of it.
import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { addCounts, zeroCounts } from './story-counts.ts'
import type { PlantedBug } from './planted-bugs.ts'
import type { StoryCounts } from './story-counts.ts'

/** What the thread is started with: seeds from one up to and without another; with a bug, no further than to the first that fails. */
export interface SeedRange {
  readonly from: number
  readonly to: number
  readonly bug?: PlantedBug | undefined
}

/** What came of them. */
export interface RangeReport {
  readonly counts: StoryCounts
  readonly failures: readonly { readonly seed: number; readonly message: string }[]
}

/** The source of a file with the mistake in it. The bug has to fit: a source that has moved on needs its bug moved, too. */
function planted(source: string, { file, right, wrong }: PlantedBug): string {
  const parts = source.split(right)
  if (parts.length !== 2) throw new Error(`"${right}" occurs ${parts.length - 1} times in ${file}: let planted-bugs.ts follow the source`)
  return parts.join(wrong)
}

function plant(bug: PlantedBug): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      return url.endsWith(bug.file) ? { ...loaded, source: planted(String(loaded.source), bug) } : loaded
    },
  })
}

async function run({ from, to, bug }: SeedRange): Promise<RangeReport> {
  if (bug !== undefined) plant(bug)
  const { runSeed } = await import('./suite.ts')
  const counts = zeroCounts()
  const failures: { seed: number; message: string }[] = []
  for (let seed = from; seed < to && !(bug !== undefined && failures.length > 0); seed++) {
    try {
      addCounts(counts, await runSeed(seed))
    } catch (error) {
      failures.push({ seed, message: (error as Error).message })
    }
  }
  return { counts, failures }
}

// Millions of errors are part of the stories: where they were made is of no use to anybody.
Error.stackTraceLimit = 0
parentPort?.postMessage(await run(workerData as SeedRange))
