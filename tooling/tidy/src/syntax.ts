import { createRequire } from 'node:module'

/** A node of the ESTree-shaped syntax tree: only what every node has. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface SyntaxComment {
  readonly value: string
  readonly start: number
}

export interface Syntax {
  readonly program: SyntaxNode
  readonly comments: readonly SyntaxComment[]
  readonly errors: readonly { readonly message: string }[]
}

interface OxcParser {
  parseSync(fileName: string, text: string): Syntax
}

// The parser is the one knip works with: TypeScript 7 has no JavaScript API, and a second parser would be one more pin.
const requireFromKnip = createRequire(import.meta.resolve('knip'))
const parser = requireFromKnip('oxc-parser') as OxcParser

export function parse(fileName: string, text: string): Syntax {
  return parser.parseSync(fileName, text)
}

/** Visits a tree top down. `ancestors` ends with the node's parent. */
export function walk(root: SyntaxNode, visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void): void {
  const ancestors: SyntaxNode[] = []
  const step = (node: SyntaxNode): void => {
    visit(node, ancestors)
    ancestors.push(node)
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) value.filter(isNode).forEach(step)
      else if (isNode(value)) step(value)
    }
    ancestors.pop()
  }
  step(root)
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
