import { defineWorkflow, toDot, toMermaid } from '@symphony/dag'
import type { WorkflowSpec } from '@symphony/interface'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

interface Picture {
  readonly labels: ReadonlyMap<string, string>
  readonly edges: readonly string[]
  readonly classes: ReadonlyMap<string, string>
}

/** Reads the part of the DOT language that is written, and nothing else. */
function readDot(text: string): Picture & { readonly name: string } {
  const unescape = (label: string): string => label.replace(/\\(.)/g, (_all, character: string) => ({ n: '\n', r: '\r', '\\': '\\', '"': '"' })[character] ?? expect.fail(`\\${character}`))
  const lines = text.trimEnd().split('\n')
  const name = /^digraph "((?:[^"\\\n]|\\.)*)" \{$/.exec(lines[0] as string)?.[1] ?? expect.fail(lines[0])
  expect([lines[1], lines[2], lines.at(-1)]).toEqual(['  rankdir=TB', '  node [shape=box style=filled fillcolor="#ffffff"]', '}'])
  const [labels, classes, edges] = [new Map<string, string>(), new Map<string, string>(), [] as string[]]
  for (const line of lines.slice(3, -1)) {
    const node = /^ {2}(t\d+) \[label="((?:[^"\\\n]|\\.)*)"(?: class="(\w+)" fillcolor="#[0-9a-f]{6}")?\]$/.exec(line)
    const edge = /^ {2}(t\d+) -> (t\d+)(?: \[style=(dashed|dotted arrowhead=odot)\])?$/.exec(line)
    if (node !== null) {
      labels.set(node[1] as string, unescape(node[2] as string))
      if (node[3] !== undefined) classes.set(node[1] as string, node[3])
    } else if (edge !== null) edges.push(`${edge[1]} ${{ dashed: 'soft', 'dotted arrowhead=odot': 'optional' }[edge[3] as string] ?? 'hard'} ${edge[2]}`)
    else expect.fail(`not DOT: ${line}`)
  }
  return { name: unescape(name), labels, classes, edges }
}

/** Reads the part of Mermaid's flowchart that is written: plain labels in quotes, with characters by number. */
function readMermaid(text: string): Picture {
  const lines = text.trimEnd().split('\n')
  expect(lines[0]).toBe('flowchart TD')
  const [labels, classes, edges] = [new Map<string, string>(), new Map<string, string>(), [] as string[]]
  const kinds: Readonly<Record<string, string>> = { '-->': 'hard', '-.->': 'soft', '-.-o': 'optional' }
  for (const line of lines.slice(1)) {
    const node = /^ {2}(t\d+)\["((?:[\p{L}\p{N} _.,:/-]|#\d+;)*)"\]$/u.exec(line)
    const edge = /^ {2}(t\d+) (-->|-\.->|-\.-o) (t\d+)$/.exec(line)
    const members = /^ {2}class (t\d+(?:,t\d+)*) (\w+)$/.exec(line)
    if (node !== null) labels.set(node[1] as string, (node[2] as string).replace(/#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code))))
    else if (edge !== null) edges.push(`${edge[1]} ${kinds[edge[2] as string]} ${edge[3]}`)
    else if (members !== null) for (const member of (members[1] as string).split(',')) classes.set(member, members[2] as string)
    else expect(line).toMatch(/^ {2}classDef \w+ fill:#[0-9a-f]{6}$/)
  }
  return { labels, classes, edges }
}

const NASTY = ['a"b', 'back\\slash\\', 'two\nlines', '<b>bold</b>', '`code`', 'end', 'subgraph', '#35;', '[x]{y}(z)|', 'ünïcode 日本', '--> t0', '"]', '__proto__', ' ', '&amp;', '%%', '\r', '\u2028', '😀']

it('of a workflow show its tasks, kinds of needs and states', () => {
  const spec = defineWorkflow('w').task('a', { run: () => 1 }).task('b', { run: () => 1, needs: ['a'] }).task('c', { run: () => 1, needs: [{ task: 'a', kind: 'soft' }, { task: 'b', kind: 'optional' }] }).build()
  const states = { a: 'succeeded', c: 'failed', other: 'ready' } as const
  for (const picture of [readDot(toDot(spec, { states })), readMermaid(toMermaid(spec, { states }))]) {
    expect([...picture.labels]).toEqual([['t0', 'a'], ['t1', 'b'], ['t2', 'c']])
    expect(picture.edges).toEqual(['t0 hard t1', 't0 soft t2', 't1 optional t2'])
    expect([...picture.classes]).toEqual([['t0', 'succeeded'], ['t2', 'failed']])
  }
  expect(toMermaid(spec, { direction: 'right' })).toMatch(/^flowchart LR\n/)
  expect(toDot(spec, { direction: 'right' })).toContain('rankdir=LR')
})

it('keep any id whole', () => {
  const ids = fc.uniqueArray(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(ids, (names) => {
      const spec: WorkflowSpec = { name: names[0] as string, tasks: names.map((id, place) => ({ id, model: 'm', needs: place === 0 ? [] : [names[place >> 1] === id ? (names[0] as string) : (names[place >> 1] as string)] })) }
      const dot = readDot(toDot(spec))
      expect([...dot.labels.values()]).toEqual(names)
      expect(dot.name).toBe(spec.name)
      expect([...readMermaid(toMermaid(spec)).labels.values()]).toEqual(names)
    }),
    { seed: 7, numRuns: 100, examples: [[NASTY]] },
  )
})
