/**
 * What has to be done in which order, and how far it is: workflow definitions, compiled templates, runs and the transitions
 * of their tasks, in shared memory, journaled and replayable.
 *
 * @example
 * const tracker = createDagTracker()
 * const id = tracker.startWorkflow(defineWorkflow('hello').task('a', { run: () => 1 }).task('b', { run: () => 2, needs: ['a'] }).build())
 * const ready = new Int32Array(16)
 * while (tracker.takeReady(ready) > 0) {
 *   const task = ready[0] as TaskRow
 *   tracker.completeTask(task, {}, tracker.beginTask(task))
 * }
 * tracker.getWorkflowState(id).state // 'succeeded'
 *
 * @packageDocumentation
 */
export { createDagTracker } from './create-dag-tracker.ts'
export { RegionDagTracker } from './dag-tracker.ts'
export { defineWorkflow, WorkflowBuilder } from './definition/builder.ts'
export { checkDefinition } from './definition/check-definition.ts'
export type { CheckOptions, DefinitionProblem } from './definition/check-definition.ts'
export { fromJson, toJson } from './definition/json.ts'
export type { WorkflowJson } from './definition/json.ts'
export { fromYaml, toYaml } from './definition/yaml.ts'
export { registryOf } from './definition/names.ts'
export type { DefinitionRegistry, NamedFunction } from './definition/names.ts'
export { toDot, toMermaid } from './definition/drawing.ts'
export type { DrawingOptions } from './definition/drawing.ts'
export { fromWfFormat } from './definition/wf-format.ts'
export type { WfFormatOptions } from './definition/wf-format.ts'
export type { RecordedFile, RecordedTask } from './definition/wf-records.ts'
export { fromGraph, toGraph } from './definition/graph.ts'
export { COMMANDS } from './commands.ts'
export { RUN_COMMANDS } from './runs/run-command-numbers.ts'
export { DAG_LAYOUT } from './layout.ts'
export type { DagDeclaration } from './layout.ts'
export type { DagBackend } from './dag-backend.ts'
export type { DagInit, DagPorts } from './options.ts'
