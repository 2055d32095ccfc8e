import { resolve } from 'node:path'
import { isSymphonyError, SymphonyError } from '@symphony/interface'
import type {
  ArbitrationEngine, ArtifactStore, ComponentName, Conductor, DagTracker, FileSystem, InstanceRow, Journal, Logger, PoolManager, RecoveryReport, Runtime, RuntimeHealth,
  StaleManager, Startable, Turns, WatchHandle,
} from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit, JournalPorts } from '@symphony/journal'
import { ensureFolder, nodeFileSystem, randomSeed, seededRandom, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { EventRing } from '@symphony/shared-memory'
import { Checkpoints } from './checkpoints.ts'
import { attachBackends } from './backends.ts'
import { composeComponents, START_ORDER } from './compose.ts'
import type { Components } from './compose.ts'
import { MomentClock } from './moment-clock.ts'
import { recover, recoverables } from './recovery.ts'
import type { ComponentPorts, RuntimeConfig } from './runtime-config.ts'
import { SpaceWatch } from './space-watch.ts'
import { Supervisor } from './supervisor.ts'

/** Log bytes after which a checkpoint is worth its copy. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024

/** The six in one process. Made by {@link openRuntime}; here is what happens between its opening and its end. */
export class ComposedRuntime implements Runtime {
  readonly pool: PoolManager
  readonly dag: DagTracker
  readonly artifacts: ArtifactStore
  readonly arbitration: ArbitrationEngine
  readonly stale: StaleManager
  readonly conductor: Conductor
  readonly journal: Journal | undefined
  readonly recovery: RecoveryReport
  readonly events: EventRing
  readonly #components: Components
  readonly #supervisor: Supervisor
  readonly #logger: Logger
  readonly #checkpoints: Checkpoints | undefined
  readonly #space: SpaceWatch | undefined
  #closing: Promise<void> | undefined

  constructor(
    components: Components, journal: Journal | undefined, recovery: RecoveryReport, events: EventRing, supervisor: Supervisor, logger: Logger, checkpoints: Checkpoints | undefined,
    space: SpaceWatch | undefined,
  ) {
    this.#components = components
    this.pool = components.pool
    this.dag = components.dag
    this.artifacts = components.artifacts
    this.arbitration = components.arbitration
    this.stale = components.stale
    this.conductor = components.conductor
    this.journal = journal
    this.recovery = recovery
    this.events = events
    this.#supervisor = supervisor
    this.#logger = logger
    this.#checkpoints = checkpoints
    this.#space = space
    if (checkpoints !== undefined) this.dag.onRunEnded(() => checkpoints.changed())
  }

  swapBackend(component: ComponentName, backend: unknown): void {
    const target = this.#components[component as keyof Components] as { attachBackend?(backend: unknown): void } | undefined
    if (target?.attachBackend !== undefined) return target.attachBackend(backend)
    throw new SymphonyError({
      code: 'NOT_SUPPORTED',
      component: 'runtime',
      message: `"${component}" has one backend only, the TypeScript one. Bring another component through the runtime's configuration instead.`,
    })
  }

  async checkpoint(): Promise<void> {
    await this.#checkpoints?.write()
  }

  health(): RuntimeHealth {
    return this.#supervisor.health()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Goes through with it whatever fails on the way: the folder has to be free afterwards, and what made the disk fail has been told to
   * everybody who waited for it.
   */
  async #close(): Promise<void> {
    const order = START_ORDER.toReversed()
    for (const name of order) await this.#attempt('a component could not be stopped', { component: name }, () => (this.#components[name] as Startable).beforeStop?.())
    await this.#attempt('a component could not be closed', { component: 'conductor' }, () => this.conductor.close())
    this.#space?.stop()
    await this.#supervisor.stop()
    for (const name of order) await this.#attempt('a component could not be stopped', { component: name }, () => (this.#components[name] as Startable).stop?.())
    // The log goes last but one: what the components still said is in the checkpoint, and the artifact files stay open until it is.
    await this.#attempt('no checkpoint was written at the end; the log holds everything', {}, () => this.#checkpoints?.close())
    await this.#attempt('the journal could not be closed in order', {}, () => this.journal?.close())
    for (const name of order) await this.#attempt('a component could not be closed', { component: name }, () => this.#components[name].close())
  }

  async #attempt(warning: string, details: { readonly component?: string }, step: () => unknown): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.#logger.warn(warning, { ...details, error: String(error) })
    }
  }
}

/** Opens the state folder, composes, recovers, starts. Whatever fails on the way, what was opened is closed again. */
export async function openRuntime(config: RuntimeConfig): Promise<ComposedRuntime> {
  const events = new EventRing(config.eventsKept)
  const clock = new MomentClock(config.clock ?? systemClock, events)
  const logger = config.logger ?? silentLogger
  const turns = config.turns ?? systemTurns
  const { folder } = config
  if (folder !== undefined) checkWritable(config.fileSystem ?? nodeFileSystem, folder)
  // Files that are handed in are somebody else's, and so is the room they have.
  const space = folder === undefined || config.fileSystem !== undefined ? undefined : new SpaceWatch(nodeFileSystem, folder, turns, logger)
  const openLog = (options: { readonly readOnly?: boolean } = {}): Promise<Journal> =>
    openJournal({ ...journalInit(folder as string, config, space), ...options }, journalPorts(config, { clock, turns, logger }))
  const journal = folder === undefined ? undefined : await openLog()
  let made: Components | undefined
  try {
    const ports: ComponentPorts = {
      clock,
      logger,
      events,
      random: config.random ?? seededRandom(randomSeed()),
      turns,
      log: journal,
      folder: config.folder,
      fileSystem: space?.files ?? config.fileSystem,
    }
    const components = composeComponents(config, ports, space && (() => space.refusal()))
    made = components
    await attachBackends(components, config.backend, logger)
    for (const name of START_ORDER) await (components[name] as Startable).beforeStart?.()
    const recovery = recover(components, journal, config.workflows ?? [], clock)
    for (const budget of config.budgets ?? []) components.arbitration.budget(budget)
    const supervisor = new Supervisor(components, { clock, turns, logger, events, journal, readLog: () => openLog({ readOnly: true }) })
    const checkpoints = checkpointsOf(components, journal, recovery, supervisor, config, turns)
    const runtime = new ComposedRuntime(components, journal, recovery, events, supervisor, logger, checkpoints, space)
    for (const name of START_ORDER) await (components[name] as Startable).start?.()
    unloadWhenIdle(components)
    for (const name of START_ORDER) await (components[name] as Startable).afterStart?.()
    supervisor.start()
    checkpoints?.start()
    space?.start()
    return runtime
  } catch (error) {
    // Whatever else goes wrong while giving up must not hide why.
    for (const name of START_ORDER.toReversed()) await made?.[name].close().catch((second: unknown) => logger.warn('a component could not be closed', { name, error: String(second) }))
    await journal?.close().catch((second: unknown) => logger.warn('the journal could not be closed', { error: String(second) }))
    throw error
  }
}

function checkpointsOf(
  components: Components, journal: Journal | undefined, recovery: RecoveryReport, supervisor: Supervisor, config: RuntimeConfig, turns: Turns,
): Checkpoints | undefined {
  const { folder, checkpointBytes = CHECKPOINT_BYTES, logger = silentLogger } = config
  if (journal === undefined || folder === undefined) return undefined
  // Another thread has no way to files that are handed in.
  const options = { journalFolder: config.fileSystem === undefined ? journalFolder(folder) : undefined, everyBytes: checkpointBytes, isWell: () => supervisor.isWell(), turns, logger }
  return new Checkpoints(recoverables(components), journal, recovery.checkpointLsn, options)
}

function journalFolder(folder: string): string {
  return `${folder}/journal`
}

function journalInit(folder: string, { durability, recordBytesMax, segmentBytes, fileSystem }: RuntimeConfig, space: SpaceWatch | undefined): JournalInit {
  return {
    folder: journalFolder(folder),
    ...(space === undefined ? {} : { reservePath: space.path }),
    ...(fileSystem === undefined ? {} : { writer: 'inline' }),
    ...(durability === undefined ? {} : { durability }),
    ...(recordBytesMax === undefined ? {} : { recordBytesMax }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  }
}

function journalPorts({ fileSystem, random }: RuntimeConfig, ports: JournalPorts): JournalPorts {
  return { ...ports, ...(random === undefined ? {} : { random }), ...(fileSystem === undefined ? {} : { fileSystem }) }
}

/** A folder that cannot be written is found out now, not by the first run. */
function checkWritable(fileSystem: FileSystem, folder: string): void {
  const probe = `${folder}/.write-probe`
  try {
    ensureFolder(fileSystem, resolve(folder))
    fileSystem.remove(probe)
    fileSystem.close(fileSystem.open(probe, 'wx+'))
    fileSystem.remove(probe)
  } catch (cause) {
    if (!isSymphonyError(cause)) throw cause
    throw new SymphonyError({
      code: cause.code === 'STORAGE_FULL' ? 'STORAGE_FULL' : 'STORAGE_READ_ONLY',
      component: 'runtime',
      message: `The state folder ${folder} cannot be written. ${cause.message} What it holds is untouched; make it writable, or name another one.`,
      details: { folder, ...cause.details },
      cause,
    })
  }
}

/** An idle instance gets a deadline; when it comes and the instance is still idle, it is unloaded. */
function unloadWhenIdle({ pool, stale }: Components): void {
  const handles = new Map<InstanceRow, WatchHandle>()
  stale.onExpire('idle-instance', (id) => {
    handles.delete(id as InstanceRow)
    pool.cool(id as InstanceRow)
  })
  pool.onIdle((instance, idleMs) => {
    const handle = handles.get(instance)
    if (handle !== undefined && stale.touch(handle, { ttlMs: idleMs })) return
    handles.set(instance, stale.watch({ kind: 'idle-instance', id: instance }, { ttlMs: idleMs }))
  })
}
