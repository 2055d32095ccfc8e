import type { Problem, Rule } from '../problem.ts'
import type { CodeFile } from '../repository.ts'
import { walk } from '../syntax.ts'

/** What fits on a screen can be reviewed as a whole. */
const FUNCTION_LINES_MAX = 70
/** One idea a file; the median is near 120 lines. */
const FILE_LINES_MAX = 400

/** Functions and files that have grown beyond one idea. Sources only: a test's `describe` is a list, not a function. */
export const lengths: Rule = {
  name: 'length',
  check: (repository) => repository.code.filter((file) => file.room === 'src').flatMap((file) => [...fileLength(file), ...functionLengths(file)]),
}

function fileLength(file: CodeFile): readonly Problem[] {
  const lines = file.text.trimEnd().split('\n').length
  if (lines <= FILE_LINES_MAX) return []
  return [{ file: file.path, line: 1, rule: 'length', message: `the file has ${lines} lines, ${FILE_LINES_MAX} is the limit: split it by idea` }]
}

function functionLengths(file: CodeFile): readonly Problem[] {
  const problems: Problem[] = []
  walk(file.syntax.program, (node) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return
    const line = file.lineAt(node.start)
    const lines = file.lineAt(node.end) - line + 1
    if (lines <= FUNCTION_LINES_MAX) return
    problems.push({ file: file.path, line, rule: 'length', message: `the function has ${lines} lines, ${FUNCTION_LINES_MAX} is the limit: move its leaves out` })
  })
  return problems
}
