import { describe, expect, it } from 'vitest'
import { repositoryOf } from '../src/repository.ts'
import { manifests } from '../src/rules/manifests.ts'

const good = {
  name: '@symphony/pool',
  description: 'Pool.',
  type: 'module',
  license: 'Apache-2.0',
  sideEffects: false,
  repository: { type: 'git', directory: 'packages/pool' },
  engines: { node: '>=22.12' },
  files: ['dist', 'src'],
  exports: { '.': { '@symphony/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  scripts: { build: 'tsup && tsc -p tsconfig.build.json', typecheck: 'tsc' },
  publishConfig: { access: 'public', provenance: true },
  dependencies: { '@symphony/interface': 'workspace:^', mnemonist: 'catalog:' },
}

function findings(json: object, folder = 'packages/pool', readme = true): readonly string[] {
  const texts = { [`${folder}/package.json`]: JSON.stringify(json), 'docs/dependencies.md': '- `mnemonist`: heaps', ...(readme && { [`${folder}/README.md`]: '# Pool' }) }
  return manifests.check(repositoryOf(texts)).map((problem) => problem.message)
}

describe('manifest', () => {
  it('allows the common shape', () => {
    expect(findings(good)).toEqual([])
  })

  it.each([
    ['license', { license: 'MIT' }],
    ['engines', { engines: { node: '>=18' } }],
    ['scripts', { scripts: { ...good.scripts, postinstall: 'node steal.js' } }],
    ['exports', { exports: { ...good.exports, '.': './dist/index.js' } }],
    ['package.json', { exports: { '.': good.exports['.'] } }],
    ['files', { files: ['dist'] }],
    ['repository.directory', { repository: { directory: 'packages/dag' } }],
    ['description', { description: undefined }],
    ['workspace', { dependencies: { '@symphony/interface': '^0.0.1' } }],
    ['catalog', { dependencies: { mnemonist: '0.40.8' } }],
    ['docs/dependencies.md', { dependencies: { 'left-pad': 'catalog:' } }],
  ])('catches a wrong %s', (word, change) => {
    expect(findings({ ...good, ...change })).toEqual([expect.stringContaining(word)])
  })

  it('catches a missing README', () => {
    expect(findings(good, 'packages/pool', false)).toEqual([expect.stringContaining('README.md')])
  })

  it('lets the benchmarks pin their peers, exactly', () => {
    const bench = { name: '@symphony/bench', dependencies: { mnemonist: '0.40.8' } }
    expect(findings(bench, 'tooling/bench')).toEqual([])
    expect(findings({ ...bench, dependencies: { mnemonist: '^0.40.8' } }, 'tooling/bench')).toEqual([expect.stringContaining('catalog')])
    expect(findings({ ...bench, name: '@symphony/tidy' }, 'tooling/tidy')).toEqual([expect.stringContaining('catalog')])
  })

  it('wants a line for the dependencies of the root, and none for what nobody depends on', () => {
    const notes = '| package | why |\n|---|---|\n| `a`, `b` | both |\n| `gone` | it was nice |\n'
    const root = { name: 'symphony', dependencies: { a: '1.0.0' }, devDependencies: { b: '1.0.0', c: '1.0.0' } }
    const problems = manifests.check(repositoryOf({ 'package.json': JSON.stringify(root), 'docs/dependencies.md': notes }))
    expect(problems.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([
      expect.stringMatching(/^package.json:1 "c" has no line/),
      expect.stringMatching(/^docs\/dependencies.md:4 nobody depends on "gone"/),
    ])
  })
})
