import { resolve } from 'node:path'
import { COMPONENT_IDS, isSymphonyError, SymphonyError } from '@symphony/interface'
import type {
  ArbitrationEngine, ArtifactStore, ComponentName, Conductor, DagTracker, InstanceRow, Journal, Logger, PoolManager, RecoveryReport, Runtime, RuntimeHealth,
  StaleManager, Startable, Turns, WatchHandle,
} from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { ensureFolder, nodeFileSystem, randomSeed, seededRandom, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { EventRing } from '@symphony/shared-memory'
import { composeComponents, START_ORDER } from './compose.ts'
import type { Components } from './compose.ts'
import { MomentClock } from './moment-clock.ts'
import { overallHealth, recover, recoverables } from './recovery.ts'
import type { ComponentPorts, RuntimeConfig } from './runtime-config.ts'

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
  readonly #logger: Logger
  readonly #checkpointBytes: number
  #checkpointedBytes = 0
  #checkpointing: Promise<unknown> | undefined
  #closing: Promise<void> | undefined

  constructor(components: Components, journal: Journal | undefined, recovery: RecoveryReport, events: EventRing, logger: Logger, turns: Turns, checkpointBytes: number) {
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
    this.#logger = logger
    this.#checkpointBytes = checkpointBytes
    // The run ends inside a change that is being logged: the snapshot waits for a later turn.
    this.dag.onRunEnded(() => {
      if (this.#isCheckpointDue()) turns.later(() => this.#checkpointIfDue())
    })
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

  health(): RuntimeHealth {
    return overallHealth(this.#components)
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
    for (const name of order) await this.#attempt('a component could not be stopped', { component: name }, () => (this.#components[name] as Startable).stop?.())
    // The log goes last but one: what the components still said is in the checkpoint, and the artifact files stay open until it is.
    await this.#attempt('no checkpoint was written at the end; the log holds everything', {}, async () => {
      await this.#checkpointing
      await this.#checkpoint()
    })
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

  #isCheckpointDue(): boolean {
    if (this.journal === undefined || this.#checkpointing !== undefined || this.#closing !== undefined) return false
    return this.journal.metrics().bytes - this.#checkpointedBytes >= this.#checkpointBytes
  }

  #checkpointIfDue(): void {
    if (!this.#isCheckpointDue()) return
    this.#checkpointing = this.#checkpoint()
      .catch((error: unknown) => this.#logger.warn('checkpoint failed; the log goes on', { error: String(error) }))
      .finally(() => {
        this.#checkpointing = undefined
      })
  }

  async #checkpoint(): Promise<void> {
    if (this.journal === undefined || this.journal.lastLsn === this.recovery.lastLsn && this.recovery.lastLsn === this.recovery.checkpointLsn) return
    const { bytes } = this.journal.metrics()
    const sections = [...recoverables(this.#components)].map(([component, part]) => ({ component: component as (typeof COMPONENT_IDS)[ComponentName], bytes: part.snapshot() }))
    await this.journal.checkpoint(sections)
    this.#checkpointedBytes = bytes
  }
}

/** Opens the state folder, composes, recovers, starts. Whatever fails on the way, what was opened is closed again. */
export async function openRuntime(config: RuntimeConfig): Promise<ComposedRuntime> {
  const events = new EventRing()
  const clock = new MomentClock(config.clock ?? systemClock, events)
  const logger = config.logger ?? silentLogger
  const turns = config.turns ?? systemTurns
  if (config.folder !== undefined) checkWritable(config.folder)
  const journal =
    config.folder === undefined
      ? undefined
      : await openJournal(journalInit(config.folder, config), { clock, turns, logger })
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
    }
    const components = composeComponents(config, ports)
    made = components
    for (const name of START_ORDER) await (components[name] as Startable).beforeStart?.()
    const recovery = recover(components, journal, config.workflows ?? [], clock)
    for (const budget of config.budgets ?? []) components.arbitration.budget(budget)
    const runtime = new ComposedRuntime(components, journal, recovery, events, logger, turns, config.checkpointBytes ?? CHECKPOINT_BYTES)
    for (const name of START_ORDER) await (components[name] as Startable).start?.()
    unloadWhenIdle(components)
    for (const name of START_ORDER) await (components[name] as Startable).afterStart?.()
    return runtime
  } catch (error) {
    // Whatever else goes wrong while giving up must not hide why.
    for (const name of START_ORDER.toReversed()) await made?.[name].close().catch((second: unknown) => logger.warn('a component could not be closed', { name, error: String(second) }))
    await journal?.close().catch((second: unknown) => logger.warn('the journal could not be closed', { error: String(second) }))
    throw error
  }
}

function journalInit(folder: string, { durability, recordBytesMax }: RuntimeConfig): Parameters<typeof openJournal>[0] {
  return { folder: `${folder}/journal`, ...(durability === undefined ? {} : { durability }), ...(recordBytesMax === undefined ? {} : { recordBytesMax }) }
}

/** A folder that cannot be written is found out now, not by the first run. */
function checkWritable(folder: string): void {
  const probe = `${folder}/.write-probe`
  try {
    ensureFolder(nodeFileSystem, resolve(folder))
    nodeFileSystem.remove(probe)
    nodeFileSystem.close(nodeFileSystem.open(probe, 'wx+'))
    nodeFileSystem.remove(probe)
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
