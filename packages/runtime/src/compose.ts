import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import { createConductor, INLINE_MODEL, invokeInline } from '@symphony/conductor'
import { createDagTracker } from '@symphony/dag'
import { INTERFACE_VERSION, SymphonyError } from '@symphony/interface'
import type { ArbitrationEngine, ArtifactStore, Component, ComponentName, Conductor, DagTracker, PoolManager, StaleManager } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { createPoolManager } from '@symphony/pool'
import { createStaleManager } from '@symphony/stale'
import type { ComponentPorts, RuntimeConfig } from './runtime-config.ts'

/** The six, made and checked, not started. */
export interface Components {
  readonly pool: PoolManager
  readonly dag: DagTracker
  readonly artifacts: ArtifactStore
  readonly arbitration: ArbitrationEngine
  readonly stale: StaleManager
  readonly conductor: Conductor
}

/** In which order components start and are recovered; they stop in the reverse order. */
export const START_ORDER: readonly (keyof Components)[] = ['artifacts', 'dag', 'arbitration', 'pool', 'stale', 'conductor']

/** Makes each component, ours or the one brought along, and refuses what does not fit. */
export function composeComponents(config: RuntimeConfig, ports: ComponentPorts, startRefusal?: () => SymphonyError | undefined): Components {
  const { clock, random, logger, events, log, turns, folder, fileSystem } = ports
  const common = { clock, random, logger, events, ...(log === undefined ? {} : { log }) }
  const pool = config.pool?.(ports) ?? createPoolManager(config.modelMemoryBytesMax === undefined ? {} : { memoryBytesMax: config.modelMemoryBytesMax }, common)
  const dag = config.dag?.(ports) ?? createDagTracker({}, common)
  const artifacts =
    config.artifacts?.(ports) ??
    createArtifactStore(
      {
        search: 'lazy',
        ...(folder === undefined ? {} : { folder: `${folder}/artifacts` }),
        ...(config.cacheBytesMax === undefined ? {} : { cacheBytesMax: config.cacheBytesMax }),
      },
      { ...common, turns, ...(fileSystem === undefined ? {} : { fileSystem }) },
    )
  const arbitration = config.arbitration?.(ports) ?? createArbitrationEngine({}, common)
  const stale = config.stale?.(ports) ?? createStaleManager({}, common)
  const neighbours = { dag, pool, arbitration, artifacts, turns, ...common, ...(startRefusal === undefined ? {} : { startRefusal }) }
  const conductor = config.conductor?.(neighbours) ?? createConductor(config.policy === undefined ? {} : { policy: config.policy }, neighbours)
  const components = { pool, dag, artifacts, arbitration, stale, conductor }
  for (const name of START_ORDER) checkComponent(name, components[name])
  registerModels(config, pool)
  applySettings(config, arbitration)
  return components
}

/** Wiring mistakes are found here, by name, not at the first call in the middle of a run. */
function checkComponent(name: ComponentName, component: Component): void {
  const major = (version: string): string => version.split('.', version.startsWith('0.') ? 2 : 1).join('.')
  const found = component[Symbol.toStringTag] ?? 'an unnamed object'
  if (component.componentName !== name) {
    throw new SymphonyError({
      code: 'CAPABILITY_MISSING',
      component: 'runtime',
      message: `The component given as "${name}" is ${found}, which says it is "${component.componentName}". Check the composition.`,
    })
  }
  if (major(component.interfaceVersion) !== major(INTERFACE_VERSION)) {
    throw new SymphonyError({
      code: 'CAPABILITY_MISSING',
      component: 'runtime',
      message: `${found} was built against interface ${component.interfaceVersion}, this runtime against ${INTERFACE_VERSION}. Use matching versions.`,
    })
  }
}

function registerModels(config: RuntimeConfig, pool: PoolManager): void {
  pool.registerModel({ id: INLINE_MODEL, runner: functionRunner(invokeInline), instancesMin: 1, slotsPerInstance: config.inlineSlots ?? 1024, pinned: true })
  for (const model of config.models ?? []) pool.registerModel(model)
}

function applySettings(config: RuntimeConfig, arbitration: ArbitrationEngine): void {
  for (const [tenant, weight] of Object.entries(config.weights ?? {})) arbitration.setWeight(tenant, weight)
  for (const rate of config.rates ?? []) arbitration.rate(rate)
}
