import { isSymphonyError } from '@symphony/interface'
import type { ArtifactRef, ArtifactStore } from '@symphony/interface'
import { inspectJournal } from '@symphony/journal'
import type { JournalReport } from '@symphony/journal'
import { namesOf } from './command-names.ts'
import { machineAsOf } from './machine.ts'

/** How often a command was logged. */
export interface CommandFigure {
  readonly component: number
  readonly type: number
  /** Undefined where this version knows no name. */
  readonly componentName: string | undefined
  readonly name: string | undefined
  readonly commands: number
  /** Of their bodies. */
  readonly bytes: number
}

/** What lies in the log of a state folder, with names. */
export interface LogReport extends Omit<JournalReport, 'commands' | 'checkpoints'> {
  readonly commands: readonly CommandFigure[]
  readonly checkpoints: readonly (Omit<JournalReport['checkpoints'][number], 'sections'> & { readonly sections: readonly { readonly component: number; readonly name: string | undefined; readonly bytes: number }[] })[]
}

/** An artifact that is not what was put. */
export interface CorruptArtifact {
  readonly ref: ArtifactRef
  readonly path: string
  readonly offset: number
  readonly what: string
}

export interface ArtifactsReport {
  readonly artifacts: number
  readonly corrupt: readonly CorruptArtifact[]
}

/** @throws as `inspectJournal` */
export async function inspectNamed(folder: string): Promise<LogReport> {
  const report = await inspectJournal(`${folder}/journal`)
  return {
    ...report,
    commands: report.commands.map(({ component, type, commands, bytes }) => {
      const names = namesOf(component, type)
      return { component, type, componentName: names.component, name: names.command, commands, bytes }
    }),
    checkpoints: report.checkpoints.map((checkpoint) => ({ ...checkpoint, sections: checkpoint.sections.map(({ component, bytes }) => ({ component, name: namesOf(component, 0).component, bytes })) })),
  }
}

/** Reads every artifact of the last state back. @throws as `readMachine` */
export async function verifyStored(folder: string): Promise<ArtifactsReport> {
  const { artifacts } = await machineAsOf(folder, undefined)
  return verifyAll(artifacts)
}

export async function verifyAll(artifacts: ArtifactStore): Promise<ArtifactsReport> {
  const corrupt: CorruptArtifact[] = []
  for await (const ref of artifacts.verify()) corrupt.push(placeOf(artifacts, ref))
  return { artifacts: artifacts.metrics().artifacts, corrupt }
}

/** Where a content that did not verify lies. Only its header is wrong where it can be read all the same. */
function placeOf(artifacts: ArtifactStore, ref: ArtifactRef): CorruptArtifact {
  try {
    artifacts.get(ref)
    return { ref, path: 'its pack', offset: 0, what: `Artifact ${ref} has a damaged header, its content is whole.` }
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    const { file, offset } = error.details
    return { ref, path: String(file), offset: Number(offset), what: error.message }
  }
}
