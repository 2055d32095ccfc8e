import type { Problem, Rule } from '../problem.ts'

const words: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![\w.\-/*}\]])\/(work|root|home\/(?!(me|you|user)\/)\w+|Users\/(?!(me|you|user)\/)\w+)\//, what: 'a path of one machine' },
  { pattern: /https?:\/\/(?!registry\.npmjs\.org\b)[\w.-]*(registry|artifactory|verdaccio|nexus|npmmirror)[\w.:-]*/, what: 'a package registry of one machine' },
  { pattern: /\b(localhost|127\.0\.0\.1):4873\b/, what: 'a package registry of one machine' },
]

/** Nothing that is committed may know the machine it was written on. */
export const machineWords: Rule = {
  name: 'machine-word',
  check: (repository) => [...repository.texts].flatMap(([file, text]) => text.split('\n').flatMap((line, index) => inLine(file, line, index + 1))),
}

function inLine(file: string, text: string, line: number): readonly Problem[] {
  return words.flatMap(({ pattern, what }) => {
    const found = pattern.exec(text)
    return found === null ? [] : [{ file, line, rule: 'machine-word', message: `"${found[0]}" is ${what}: say it relative to the repository or leave it out` }]
  })
}
