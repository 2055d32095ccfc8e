/** A mistake that could be made in one line of the journal, and where: the thread that runs with it loads that source with it made. */
export interface PlantedBug {
  readonly name: string
  readonly file: string
  /** Occurs once in the file. */
  readonly right: string
  readonly wrong: string
}

const plant = (name: string, file: string, right: string, wrong: string): PlantedBug => ({ name, file: `/packages/journal/src/${file}`, right, wrong })

/** What the simulation has to notice, each within the seeds of one run of the tests. The sources themselves know nothing of it. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  plant('skipped fsync', 'segment-writer.ts', '    if (this.#options.isSynced) this.#fs.syncData(this.#file)\n    this.#hasUnclosedFrames', '    this.#hasUnclosedFrames'),
  plant(
    'early acknowledgement',
    'segment-writer.ts',
    'if (this.#options.isSynced) this.#fs.syncData(this.#file)\n    this.#hasUnclosedFrames = true\n    this.#nextLsn += taken.records',
    'this.#hasUnclosedFrames = true\n    this.#nextLsn += taken.records\n    if (this.#options.isSynced) this.#fs.syncData(this.#file)',
  ),
  plant('retry after a failed fsync', 'segment-writer.ts', 'if (this.#options.isSynced) this.#fs.syncData(this.#file)\n', 'try { this.#fs.syncData(this.#file) } catch { this.#fs.syncData(this.#file) }\n'),
  plant('short write taken for whole', 'segment-writer.ts', 'this.#roomyFs.write(this.#file, frame, this.#offset)', 'try { this.#roomyFs.write(this.#file, frame, this.#offset) } catch {}'),
  plant('other files not forced', 'segment-writer.ts', 'for (const file of this.#syncs) this.#fs.syncData(file)', ''),
  plant('segment dropped too early', 'segment-writer.ts', 'this.#checkpoints[CHECKPOINTS_KEPT - 1] ?? 0', 'this.#checkpoints[0] ?? 0'),
  plant('handed over to a thread with another checksum', 'segment-writer.ts', 'chain: this.#chain,', 'chain: this.#seed,'),
  plant('failure forgotten', 'inline-writer.ts', 'this.#failure = asStorageError(thrown)', 'asStorageError(thrown)'),
  plant('unchecked CRC', 'frame.ts', '=== head.crc', '>= 0'),
  plant('CRC not chained', 'segment-scan.ts', ' || head.previousCrc !== this.chain', ''),
  plant('intact frame with another predecessor cut off', 'segment-scan.ts', 'at = this.offset; at < endOfBytes', 'at = this.offset + 8; at < endOfBytes'),
  plant('damage taken for an interrupted write', 'log-walk.ts', 'if (scan.hasFrameAhead(walk.endOfBytes)) throw damage(walk, checkpointLsn)', ''),
  plant('torn tail not zeroed', 'torn-tail.ts', 'forEachStep(from, to, (at, length) => fs.write(file, new Uint8Array(length), at))', ''),
  plant('reused LSN', 'recovery.ts', 'Math.max(last.nextLsn, checkpoint.lsn + 1)', 'Math.max(1, last.nextLsn - 1, checkpoint.lsn + 1)'),
  plant('LSN not taken from the checkpoint', 'recovery.ts', 'Math.max(last.nextLsn, checkpoint.lsn + 1)', 'Math.max(last.nextLsn, 1)'),
  plant('last commit not rewritten at opening', 'recovery.ts', 'if (last.lastFrameOffset > 0) rewriteLastFrame(fs, last)', ''),
  plant('names not forced at opening', 'recovery.ts', 'fs.syncFolder(folder)\n', '\n'),
  plant('names of a new folder not forced', 'open-journal.ts', '    ensureFolder(fs, folder)\n', '    if (fs.stat(folder) === undefined) fs.makeFolder(folder)\n'),
  plant('directory of a segment not synced', 'segment-file.ts', 'fs.syncFolder(folder)', ''),
  plant('segment not forced before it gets its name', 'segment-file.ts', 'fs.syncData(file)', ''),
  plant('directory of a checkpoint not synced', 'checkpoint-file.ts', 'fs.syncFolder(folder)', ''),
  plant('checkpoint not read back', 'checkpoint-file.ts', 'if (same) return', 'if (same || true) return'),
  plant('two write a checkpoint into one temporary file', 'place-checkpoint.ts', '.placed.tmp', '.tmp'),
  plant('record replayed below the checkpoint', 'command-codec.ts', 'if (lsn > afterLsn)', 'if (lsn >= afterLsn)'),
  plant('compound record split', 'log-journal.ts', 'this.#ring.put(at, component, 0, type, body)', 'this.#ring.put(at, component, COMMAND_FLAGS.last, type, body)'),
]
