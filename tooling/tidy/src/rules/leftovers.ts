import type { Rule } from '../problem.ts'

const marks = /\b(FIXME|TODO|XXX|HACK)\b/

/** What is known to be unfinished is finished before it is committed. */
export const leftovers: Rule = {
  name: 'leftover',
  check: (repository) =>
    repository.code.flatMap((file) =>
      file.syntax.comments.flatMap((comment) => {
        const mark = marks.exec(comment.value)
        if (mark === null) return []
        const line = file.lineAt(comment.start + 2 + mark.index)
        return [{ file: file.path, line, rule: 'leftover', message: `${mark[1]} was left behind: do it, or say in a sentence what holds instead` }]
      }),
    ),
}
