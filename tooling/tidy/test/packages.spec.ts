import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/packing/commands.ts'
import { installInto, typecheck } from '../src/packing/empty-project.ts'
import { publishedPackages } from '../src/packing/published-packages.ts'
import { firstExample } from '../src/packing/readme-example.ts'
import { packAll } from '../src/packing/tarballs.ts'

// Everything here looks at the tarballs that would be published, not at the sources.
const packages = publishedPackages()
const scratch = mkdtempSync(join(tmpdir(), 'symphony-packages-'))
let tarballs: ReadonlyMap<string, string>

beforeAll(async () => {
  tarballs = await packAll(packages, scratch)
}, 300_000)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

// A copy of its own: small files come as views into a pool, and publint reads the whole buffer.
const tarball = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(tarballs.get(name) as string))

describe.each(packages)('$name, packed', ({ name }) => {
  it('says the truth in its manifest (publint)', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball(name).buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  it('has types that resolve for those who import it (are the types wrong, ESM only)', async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball(name)))
    const problems = result.types === false ? ['no types'] : result.problems.filter((problem) => !/^node10$|^node16-cjs$/.test('resolutionKind' in problem ? problem.resolutionKind : ''))
    expect(problems).toEqual([])
  })

  it('names versions, not places in the workspace', () => {
    const manifest = createPackageFromTarballData(tarball(name)).readFile(`/node_modules/${name}/package.json`)
    expect(manifest).not.toMatch(/"(workspace|catalog|link|file):/)
    expect(JSON.parse(manifest)).toMatchObject({ name })
  })
})

const examples = packages.filter(({ folder }) => folder.startsWith('packages/'))

describe.concurrent('the first example of the README, with the tarball installed into an empty project', () => {
  it.for(examples)('$name', { timeout: 120_000 }, async (target, { expect: expected }) => {
    const folder = join(scratch, target.name.slice('@symphony/'.length))
    const installed = await installInto(folder, target, tarballs)
    expected(installed.status, installed.output).toBe(0)
    const readme = join(folder, 'node_modules', target.name, 'README.md')
    expected(existsSync(readme), `${target.folder}/README.md is in the tarball`).toBe(true)
    const example = firstExample(readFileSync(readme, 'utf8'))
    expected(example, `${target.folder}/README.md has a block of TypeScript`).toBeDefined()
    writeFileSync(join(folder, 'example.ts'), example as string)
    const result = await run('node', ['example.ts'], folder)
    expected(result.status, result.output).toBe(0)
    expected(result.stdout.trim(), 'it prints something').not.toBe('')
    const types = await typecheck(folder, 'example.ts')
    expected(types.status, types.output).toBe(0)
  })
})
