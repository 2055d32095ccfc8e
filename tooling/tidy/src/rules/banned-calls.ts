import { CORE_FOLDERS } from '../floors.ts'
import type { Problem, Rule } from '../problem.ts'
import type { CodeFile } from '../repository.ts'
import { walk } from '../syntax.ts'
import type { SyntaxNode } from '../syntax.ts'

const replacements: Readonly<Record<string, string>> = {
  'Date.now': 'use the injected `clock.nowMs()`',
  'new Date()': 'use the injected `clock.nowMs()`',
  'performance.now': 'use the injected `clock.monotonicMs()`',
  'process.hrtime': 'use the injected `clock.monotonicMs()`',
  'Math.random': 'use the injected `random.next()`',
  setTimeout: 'use the injected `clock.schedule(delayMs, run)`',
  setInterval: 'use the injected `clock.schedule(delayMs, run)` again from inside `run`',
  setImmediate: 'use the injected `turns.later(run)`',
  'node:timers': 'use the injected `clock` or `turns`',
  'node:timers/promises': 'use the injected `clock` or `turns`',
  'node:perf_hooks': 'use the injected `clock.monotonicMs()`',
}

/** Files that may use one of them, and why. An entry that is no longer needed is itself a problem. */
const allowed: readonly { readonly file: string; readonly names: readonly string[]; readonly reason: string }[] = [
  { file: 'packages/ports/src/system-clock.ts', names: ['Date.now', 'process.hrtime', 'setTimeout'], reason: 'it is the default clock' },
  { file: 'packages/ports/src/system-turns.ts', names: ['setInterval'], reason: 'it is the event loop itself: a heartbeat that keeps no process alive, in real time' },
  { file: 'packages/ports/src/system-turns.ts', names: ['setImmediate'], reason: 'it is the default for turns of the event loop' },
]

/** Time and chance come in through ports, else nothing can be replayed or simulated. */
export const bannedCalls: Rule = {
  name: 'banned-call',
  check(repository) {
    const used = new Set<string>()
    const problems = repository.code
      .filter((file) => file.room === 'src' && CORE_FOLDERS.includes(file.folder))
      .flatMap((file) => uses(file).filter((use) => !isAllowed(file.path, use.name, used)).map((use) => problem(file, use)))
    return [...problems, ...needless(repository.texts, used)]
  },
}

interface Use {
  readonly name: string
  readonly at: number
}

function uses(file: CodeFile): readonly Use[] {
  const found: Use[] = []
  walk(file.syntax.program, (node, ancestors) => {
    const name = bannedName(node, ancestors.at(-1))
    if (name !== undefined) found.push({ name, at: node.start })
  })
  return found
}

function bannedName(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const path = memberPath(node)
    return path !== undefined && Object.hasOwn(replacements, path) ? path : undefined
  }
  if (node.type === 'NewExpression' && identifier(node['callee']) === 'Date') return (node['arguments'] as unknown[]).length === 0 ? 'new Date()' : undefined
  if (node.type === 'CallExpression' && identifier(node['callee']) === 'Date') return 'new Date()'
  if (node.type === 'ImportDeclaration') {
    const source = (node['source'] as { value: string }).value
    return Object.hasOwn(replacements, source) && node['importKind'] !== 'type' ? source : undefined
  }
  // A bare mention counts, called or not; names of properties and types do not.
  const name = identifier(node)
  if (name === undefined || !/^set(Timeout|Interval|Immediate)$/.test(name)) return undefined
  return isReference(node, parent) ? name : undefined
}

function memberPath(node: SyntaxNode): string | undefined {
  if (node['computed'] === true) return undefined
  const object = identifier(node['object'])
  const property = identifier(node['property'])
  if (object === undefined || property === undefined) return undefined
  return object === 'globalThis' ? property : `${object}.${property}`
}

function isReference(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return true
  if (parent.type === 'MemberExpression') return parent['object'] === node
  if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type)) return parent['value'] === node
  return !/^(TS|ImportSpecifier)/.test(parent.type)
}

function identifier(node: unknown): string | undefined {
  const candidate = node as { type?: string; name?: string } | undefined
  return candidate?.type === 'Identifier' ? candidate.name : undefined
}

function isAllowed(file: string, name: string, used: Set<string>): boolean {
  const isListed = allowed.some((entry) => entry.file === file && entry.names.includes(name))
  if (isListed) used.add(`${file} ${name}`)
  return isListed
}

function needless(texts: ReadonlyMap<string, string>, used: ReadonlySet<string>): readonly Problem[] {
  return allowed
    .filter((entry) => texts.has(entry.file))
    .flatMap((entry) => entry.names.filter((name) => !used.has(`${entry.file} ${name}`)).map((name) => ({ entry, name })))
    .map(({ entry, name }) => ({ file: entry.file, line: 1, rule: 'banned-call', message: `no longer uses ${name}: take it off the allow-list in tooling/tidy/src/rules/banned-calls.ts` }))
}

function problem(file: CodeFile, use: Use): Problem {
  return { file: file.path, line: file.lineAt(use.at), rule: 'banned-call', message: `${use.name} is banned here: ${replacements[use.name]}` }
}
