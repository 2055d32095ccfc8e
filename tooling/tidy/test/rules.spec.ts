import { describe, expect, it } from 'vitest'
import { formatProblem } from '../src/problem.ts'
import type { Rule } from '../src/problem.ts'
import { repositoryOf } from '../src/repository.ts'
import { bannedCalls } from '../src/rules/banned-calls.ts'
import { fileNames } from '../src/rules/file-names.ts'
import { imports } from '../src/rules/imports.ts'
import { leftovers } from '../src/rules/leftovers.ts'
import { lengths } from '../src/rules/lengths.ts'
import { machineWords } from '../src/rules/machine-words.ts'
import { namedExports } from '../src/rules/named-exports.ts'
import { nativeExports } from '../src/rules/native-exports.ts'
import { wellFormed } from '../src/rules/well-formed.ts'

const manifest = (name: string, dependencies: Record<string, string> = {}): string => JSON.stringify({ name: `@symphony/${name}`, dependencies })

/** `line: message` of every problem a rule finds in one planted file of the pool package. */
function findings(rule: Rule, text: string, path = 'packages/pool/src/planted.ts'): readonly string[] {
  const repository = repositoryOf({ 'packages/pool/package.json': manifest('pool', { mnemonist: 'catalog:' }), [path]: text })
  return rule.check(repository).map((problem) => `${problem.line}: ${problem.message}`)
}

describe('banned-call', () => {
  it.each([
    ['const t = Date.now()', 'Date.now', 'clock.nowMs()'],
    ['const t = globalThis.setTimeout', 'setTimeout', 'clock.schedule'],
    ['const r = Math.random()', 'Math.random', 'random.next()'],
    ['const h = process.hrtime.bigint()', 'process.hrtime', 'clock.monotonicMs()'],
    ['const p = performance.now()', 'performance.now', 'clock.monotonicMs()'],
    ['const d = new Date()', 'new Date()', 'clock.nowMs()'],
    ['setTimeout(run, 5)', 'setTimeout', 'clock.schedule'],
    ['const later = setInterval', 'setInterval', 'clock.schedule'],
    ['const ports = { later: setImmediate }', 'setImmediate', 'turns.later'],
    ["import { setTimeout as sleep } from 'node:timers/promises'", 'node:timers/promises', 'clock'],
  ])('catches %s and names the replacement', (text, name, replacement) => {
    const [first, ...rest] = findings(bannedCalls, `// The planted line is the second one.\n${text}\n`)
    expect(first).toMatch(/^2: /)
    expect(first).toContain(`${name} is banned here`)
    expect(first).toContain(replacement)
    expect(rest).toEqual([])
  })

  it('leaves comments, strings, methods, types and given dates alone', () => {
    const text = `
// Date.now() and setTimeout(run) are mentioned only.
const message = 'Math.random() in a string'
socket.setTimeout(5)
const ports = { setTimeout() {}, setInterval: 1 }
const day = new Date(0)
type Timer = ReturnType<typeof setTimeout>
`
    expect(findings(bannedCalls, text)).toEqual([])
  })

  it('applies to the source of core packages only', () => {
    expect(findings(bannedCalls, 'Date.now()', 'packages/pool/test/planted.spec.ts')).toEqual([])
    expect(findings(bannedCalls, 'Date.now()', 'apps/host/src/planted.ts')).toEqual([])
  })

  it('allows what is listed, and tells when the list says more than is needed', () => {
    const clock = 'packages/ports/src/system-clock.ts'
    const repository = repositoryOf({ 'packages/ports/package.json': manifest('ports'), [clock]: 'setTimeout(run, process.hrtime())' })
    const problems = bannedCalls.check(repository)
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining('no longer uses Date.now')])
  })
})

describe('import', () => {
  it.each([
    ["import { x } from '@symphony/dag'", 'is a sibling'],
    ["export * from '@symphony/runtime'", 'lies above'],
    ["type X = import('@symphony/conductor').X", 'is a sibling'],
    ["const it = await import('@symphony/conformance')", 'not for run time'],
    ["import { y } from '@symphony/bench'", 'not for run time'],
    ["import { z } from '@symphony/brand-new'", 'has no floor'],
    ["import { door } from '@symphony/shared-memory/src/region.ts'", 'round the public door'],
    ["import { door } from '@symphony/shared-memory/simulator'", 'round the public door'],
    ["import { own } from '@symphony/pool'", 'its own package'],
    ["import { own } from './index.ts'", 'its own index'],
    ["import { dag } from '../../dag/src/layout.ts'", 'leaves the package'],
    ["import { sort } from 'lodash'", 'not among the dependencies'],
  ])('catches %s', (text, message) => {
    expect(findings(imports, text)).toEqual([expect.stringContaining(message)])
  })

  it('allows what lies below, declared dependencies, Node, and own files', () => {
    const text = ["'@symphony/interface'", "'@symphony/ports'", "'@symphony/journal'", "'mnemonist'", "'node:fs'", "'./layout.ts'", "'./hot/index.ts'"]
    expect(findings(imports, text.map((source) => `import ${source}`).join('\n'))).toEqual([])
  })

  it('takes for a door what a package exports, on the floor of that package', () => {
    const check = (path: string): readonly string[] => {
      const repository = repositoryOf({
        'packages/pool/package.json': manifest('pool'),
        'packages/conformance/package.json': JSON.stringify({ name: '@symphony/conformance', exports: { '.': {}, './simulator': {} } }),
        [path]: "import '@symphony/conformance/simulator'\nimport '@symphony/conformance/cellar'",
      })
      return imports.check(repository).map((problem) => problem.message)
    }
    expect(check('packages/pool/test/pool.spec.ts')).toEqual([expect.stringContaining('"@symphony/conformance/cellar" goes round the public door')])
    expect(check('packages/pool/src/pool.ts')).toEqual([expect.stringContaining('not for run time'), expect.stringContaining('round the public door')])
  })

  it('lets tests import suites and their own package, but not through its walls', () => {
    const path = 'packages/pool/test/pool.spec.ts'
    expect(findings(imports, "import '@symphony/conformance'\nimport '@symphony/pool'\nimport '../src/index.ts'", path)).toEqual([])
    expect(findings(imports, "import '../../dag/src/index.ts'", path)).toEqual([expect.stringContaining('leaves the package')])
  })
})

describe('file-name', () => {
  it.each(['packages/pool/src/poolManager.ts', 'packages/pool/src/utils.ts', 'packages/pool/src/helpers/rows.ts', 'packages/pool/test/common.spec.ts', 'packages/pool/former-src/pool-manager.ts'])('catches %s', (path) => {
    expect(findings(fileNames, '', path)).toHaveLength(1)
  })

  it.each(['packages/pool/src/pool-manager.ts', 'packages/pool/tsup.config.ts', 'apps/host/bin/symphony.mjs', 'packages/pool/test/w3.spec.ts', 'packages/pool/test/slots.property.spec.ts'])('allows %s', (path) => {
    expect(findings(fileNames, '', path)).toEqual([])
  })
})

describe('length', () => {
  const functionOf = (lines: number): string => `const x = 1\nfunction long() {\n${'  step()\n'.repeat(lines - 2)}}\n`

  it('catches a function of 71 lines and allows 70', () => {
    expect(findings(lengths, functionOf(71))).toEqual([expect.stringMatching(/^2: the function has 71 lines/)])
    expect(findings(lengths, functionOf(70))).toEqual([])
  })

  it('catches methods and arrow functions too', () => {
    const body = '\n    step()'.repeat(80)
    expect(findings(lengths, `class A {\n  b() {${body}\n  }\n}`)).toHaveLength(1)
    expect(findings(lengths, `const a = () => {${body}\n}`)).toHaveLength(1)
  })

  it('catches a file of 401 lines and allows 400; tests may be longer', () => {
    expect(findings(lengths, 'step()\n'.repeat(401))).toEqual([expect.stringContaining('401 lines')])
    expect(findings(lengths, 'step()\n'.repeat(400))).toEqual([])
    expect(findings(lengths, 'step()\n'.repeat(401), 'packages/pool/test/long.spec.ts')).toEqual([])
  })
})

describe('leftover', () => {
  it('catches a mark in a comment, on its own line', () => {
    expect(findings(leftovers, '/* one\n * FIXME: two */')).toEqual([expect.stringMatching(/^2: FIXME/)])
    expect(findings(leftovers, 'go() // TODO later')).toHaveLength(1)
  })

  it('leaves strings and other words alone', () => {
    expect(findings(leftovers, "const text = 'TODO'\n// autoTODOs are a word")).toEqual([])
  })
})

describe('named-export', () => {
  it('catches both ways to export a default', () => {
    expect(findings(namedExports, 'export default 1')).toHaveLength(1)
    expect(findings(namedExports, 'const a = 1\nexport { a as default }')).toEqual([expect.stringMatching(/^2: /)])
  })

  it('allows it in configuration', () => {
    expect(findings(namedExports, 'export default {}', 'packages/pool/tsup.config.ts')).toEqual([])
  })
})

describe('machine-word', () => {
  const path = (...parts: string[]): string => ['', ...parts, 'x'].join('/')

  it.each([path('work', 'main'), path('root'), path('home', 'ada'), path('Users', 'ada'), `https:/${path('registry.example.org')}`, `http:/${path(`localhost:${4873}`)}`])(
    'catches %s, in any text file',
    (word) => {
      expect(findings(machineWords, `# Title\n\nSee ${word} for it.`, 'docs/guide.md')).toEqual([expect.stringMatching(/^3: /)])
    },
  )

  it('leaves relative paths, addresses and the public registry alone', () => {
    const text = ['packages', 'work', 'a'].join('/') + ` https://example.org${path('root')} https:/${path(['registry', 'npmjs', 'org'].join('.'))} ${path('home', 'me')}`
    expect(findings(machineWords, text, 'docs/guide.md')).toEqual([])
  })
})

describe('syntax', () => {
  it('catches a file that does not parse', () => {
    expect(findings(wellFormed, 'const = 1')).toHaveLength(1)
  })
})

describe('a problem', () => {
  it('is printed as file:line rule message', () => {
    expect(formatProblem({ file: 'a/b.ts', line: 3, rule: 'length', message: 'too long' })).toBe('a/b.ts:3 length too long')
  })
})

describe('native-export', () => {
  const rust = 'packages/native/crates/symphony-binding/src/planted.rs'

  it.each(['#[napi]\npub fn take() {}', '#[napi(js_name = "take")]\n/// Takes.\n#[inline]\npub fn take() {}', '  #[napi(constructor)]\n  pub fn new() {}', '#[napi_derive::napi]\npub async fn take() {}'])(
    'catches an export that does not catch panics: %j',
    (text) => expect(findings(nativeExports, text, rust)).toEqual([expect.stringMatching(/^1: .*catch_unwind/)]),
  )

  it('leaves those that do, and what is no function, alone', () => {
    const text = '#[napi(catch_unwind)]\npub fn a() {}\n#[napi(constructor, catch_unwind)]\npub fn new() {}\n#[napi]\npub struct A {}\n#[napi]\nimpl A {\n  fn quiet() {}\n}\n#[napi(object)]\npub struct B { pub fn_name: u32 }'
    expect(findings(nativeExports, text, rust)).toEqual([])
  })

  it('catches a profile that aborts', () => {
    expect(findings(nativeExports, '[profile.release]\npanic = "abort"', 'packages/native/crates/Cargo.toml')).toEqual([expect.stringMatching(/^2: .*unwind/)])
  })
})
