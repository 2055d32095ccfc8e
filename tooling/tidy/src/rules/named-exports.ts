import type { Rule } from '../problem.ts'
import { walk } from '../syntax.ts'
import type { SyntaxNode } from '../syntax.ts'

/** A thing has one name everywhere. Tools that insist on a default export have it in `*.config.ts`. */
export const namedExports: Rule = {
  name: 'named-export',
  check: (repository) =>
    repository.code
      .filter((file) => !/\.config\.(ts|mjs|js)$/.test(file.path))
      .flatMap((file) => {
        const lines: number[] = []
        walk(file.syntax.program, (node) => {
          if (isDefaultExport(node)) lines.push(file.lineAt(node.start))
        })
        return lines.map((line) => ({ file: file.path, line, rule: 'named-export', message: 'default export: give it a name' }))
      }),
}

function isDefaultExport(node: SyntaxNode): boolean {
  if (node.type === 'ExportDefaultDeclaration') return true
  return node.type === 'ExportSpecifier' && (node['exported'] as { name?: string }).name === 'default'
}
