import { FLAGS, KINDS, OPERATORS } from '@symphony/dag/for-backends'
import type { DagTables, StartColumns } from '@symphony/dag/for-backends'
import type { Chance } from './chance.ts'

export interface Need {
  readonly node: number
  readonly kind: number
}

/** A condition as a tree; what the region has is the program it is compiled to. */
export type Tree = { readonly node: number; readonly test: number } | { readonly not: Tree } | { readonly both: boolean; readonly left: Tree; readonly right: Tree }

export interface PlannedTask {
  readonly needs: readonly Need[]
  readonly allowsFailure: boolean
  readonly waits: boolean
  /** How long it waits for its signal, 0 for ever. */
  readonly waitMs: number
  /** How many of its needs have to be met, 0 for all. */
  readonly join: number
  readonly when: Tree | undefined
}

export const TESTS = ['succeeded', 'failed', 'skipped', 'cancelled', 'ended'] as const

/** A few tasks, each with some needs among those before it. */
export function randomPlan(chance: Chance, count: number): readonly PlannedTask[] {
  return Array.from({ length: count }, (_, node) => randomTask(chance, node))
}

export function randomTask(chance: Chance, node: number): PlannedTask {
  const before = Array.from({ length: node }, (_, at) => at)
  const picked = chance.some(before, 2).slice(0, 4)
  const when = picked.length > 0 && chance.below(5) === 0 ? randomTree(chance, picked, 2) : undefined
  const needs = picked.map((need) => ({ node: need, kind: when === undefined ? chance.pick([KINDS.HARD, KINDS.HARD, KINDS.SOFT, KINDS.OPTIONAL]) : KINDS.SOFT }))
  const asked = needs.filter(({ kind }) => kind !== KINDS.OPTIONAL).length
  const waits = asked > 0 && chance.below(8) === 0
  return {
    needs,
    allowsFailure: chance.below(6) === 0,
    waits,
    waitMs: waits && chance.below(2) === 0 ? 1 + chance.below(20) : 0,
    join: when === undefined && asked > 1 && chance.below(4) === 0 ? 1 + chance.below(asked) : 0,
    when,
  }
}

function randomTree(chance: Chance, nodes: readonly number[], depth: number): Tree {
  const kind = depth === 0 ? 0 : chance.below(4)
  if (kind < 2) return { node: chance.pick(nodes), test: chance.below(TESTS.length) }
  if (kind === 2) return { not: randomTree(chance, nodes, depth - 1) }
  return { both: chance.below(2) === 0, left: randomTree(chance, nodes, depth - 1), right: randomTree(chance, nodes, depth - 1) }
}

export function programOf(tree: Tree): number[] {
  if ('node' in tree) return [tree.node * 8 + tree.test]
  if ('not' in tree) return [...programOf(tree.not), OPERATORS.NOT]
  return [...programOf(tree.left), ...programOf(tree.right), tree.both ? OPERATORS.AND : OPERATORS.OR]
}

export function flagsOf({ allowsFailure, waits, join, when }: PlannedTask): number {
  return (allowsFailure ? FLAGS.ALLOW_FAILURE : 0) | (waits ? FLAGS.WAITS : 0) | (join === 0 ? 0 : FLAGS.JOINS) | (when === undefined ? 0 : FLAGS.WHEN)
}

/** How many needs must be met, and how many hard ones may fail. */
export function standingOf({ needs, join }: PlannedTask): { readonly pending: number; readonly slack: number } {
  const asked = needs.filter(({ kind }) => kind !== KINDS.OPTIONAL).length
  return join === 0 ? { pending: asked, slack: 0 } : { pending: join, slack: asked - join }
}

/** A plan's edges in a region, and its columns. Of two regions alike, the same places in both. */
export function columnsOf(t: DagTables, plan: readonly PlannedTask[]): StartColumns {
  const outs = plan.map((_, from) => plan.flatMap(({ needs }, to) => needs.filter(({ node }) => node === from).map(({ kind }) => to * 4 + kind)))
  const words = plan.flatMap(({ when }, node) => {
    const program = when === undefined ? [] : programOf(when)
    return [...(outs[node] as number[]), ...(program.length === 0 ? [] : [program.length, ...program])]
  })
  const base = words.length === 0 ? 0 : t.edges.allocate(words.length)
  t.edgeTarget.set(words, base)
  let next = base
  const outStart = plan.map(({ when }, node) => {
    const start = next
    next += (outs[node] as number[]).length + (when === undefined ? 0 : 1 + programOf(when).length)
    return start
  })
  const standings = plan.map(standingOf)
  return {
    taskCount: plan.length,
    pending: Int32Array.from(standings, ({ pending }) => pending),
    slack: plan.some(({ join }) => join > 0) ? Int32Array.from(standings, ({ slack }) => slack) : undefined,
    outStart: Int32Array.from(outStart),
    outCount: Int32Array.from(outs, (out) => out.length),
    flags: Int32Array.from(plan, flagsOf),
    nodes: Int32Array.from(plan, (_, node) => node),
    timeouts: plan.flatMap(({ waitMs }, node) => (waitMs > 0 ? [[node, waitMs] as const] : [])),
  }
}
