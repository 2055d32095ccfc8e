import type { CheckpointSection, ComponentId, Journal, LoggedCommand, Lsn, ReplayReport } from '@symphony/interface'
import type { Maker } from './suite.ts'

/**
 * The handles a journal's cases need on its storage. `reopen` and `openSecond` are always there; the others belong to the
 * features `crash`, `faults`, `damage`, `otherFile` and `placing`.
 */
export interface JournalSurroundings {
  /** Closes the journal, if that has not happened, and opens the same storage again. */
  reopen(): Promise<Journal>
  /** Opens the same storage once more while it is open. */
  openSecond(): Promise<Journal>
  /** `crash`: leaves the journal as it is, drops what was not durable, and opens what survived. */
  crash(): Promise<Journal>
  /** `faults`: from now on the storage refuses to be written and forced. `repair` ends that. */
  breakDisk(): void
  repairDisk(): void
  /** `damage`: closes the journal, changes a bit in a record that is not the last one, and opens it again. */
  damage(): Promise<Journal>
  /** `otherFile`: appends to a file beside the log; what of it is there after the last `crash`. */
  writeOther(text: string): number
  readOther(): string
  /** `placing`: writes a checkpoint where the journal looks for them, as another thread would. */
  placeCheckpoint(sections: readonly CheckpointSection[], asOf: Lsn): void
}

export interface Opened {
  readonly journal: Journal
  readonly around: JournalSurroundings
}

export interface Replayed {
  readonly report: ReplayReport
  /** `lsn component/type body`, one a command. */
  readonly commands: readonly string[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A fresh journal and the handles on its storage. */
export async function open(make: Maker<Journal>): Promise<Opened> {
  const { component, surroundings } = await make()
  return { journal: component, around: surroundings as unknown as JournalSurroundings }
}

/** Logs a text. */
export function log(journal: Journal, text: string, component: ComponentId = 1, type = 7): Lsn {
  return journal.append(component, type, encoder.encode(text))
}

export function replayed(journal: Journal): Replayed {
  const commands: string[] = []
  const report = journal.replay((command) => commands.push(`${command.lsn} ${command.component}/${command.type} ${decoder.decode(command.body)}`))
  return { report, commands }
}

/** A state that depends on every command and on their order. */
export function fold(state: number, { lsn, component, type, body }: LoggedCommand): number {
  const start = (state * 31 + lsn * 7 + component * 3 + type) % 1_000_003
  return body.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, start)
}

export function section(component: ComponentId, text: string): CheckpointSection {
  return { component, bytes: encoder.encode(text) }
}
