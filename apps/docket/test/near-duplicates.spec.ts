import { describe, expect, it } from 'vitest'
import { fieldGuide } from '../samples/prose/field-guide.ts'
import { nearDuplicates, SIGNATURE_LENGTH, signature, similarity } from '../src/content/near-duplicates.ts'

/** Words from a small vocabulary in an order that depends on the seed. */
function words(seed: number, count: number): string {
  let state = seed + 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return `w${state >>> 22}`
  }).join(' ')
}

/** The true share of common runs of five words. */
function jaccard(a: string, b: string): number {
  const runs = (text: string): Set<string> => {
    const list = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
    return new Set(list.slice(4).map((_, at) => list.slice(at, at + 5).join(' ')))
  }
  const [first, second] = [runs(a), runs(b)]
  const common = [...first].filter((run) => second.has(run)).length
  return common / (first.size + second.size - common)
}

describe('signature', () => {
  it('is the same for equal texts and blind to case and punctuation', () => {
    expect(signature('One, two; three four five six.')).toEqual(signature('one two THREE four five six'))
    expect(signature('a text')).toHaveLength(SIGNATURE_LENGTH)
    expect(signature(' … ')).toEqual([])
  })

  it('never changes, since signatures are kept from run to run', () => {
    expect(signature('the quick brown fox jumps over the lazy dog').slice(0, 4)).toEqual([1297235296, 83949847, 46008746, 691291311])
  })

  it('estimates the share of common runs within its error', () => {
    for (const changed of [5, 20, 60]) {
      const text = words(1, 600)
      const other = [...text.split(' ').slice(0, 600 - changed), ...words(2, changed).split(' ')].join(' ')
      expect(Math.abs(similarity(signature(text), signature(other)) - jaccard(text, other))).toBeLessThan(0.15)
    }
    expect(similarity(signature(words(1, 600)), signature(words(2, 600)))).toBeLessThan(0.1)
  })
})

describe('nearDuplicates', () => {
  it('finds the second edition and nothing else', () => {
    const documents = [
      { id: 'first', signature: signature(fieldGuide(1)) },
      { id: 'noise', signature: signature(words(7, 300)) },
      { id: 'second', signature: signature(fieldGuide(2)) },
      { id: 'empty', signature: [] },
      { id: 'empty too', signature: [] },
    ]
    const groups = nearDuplicates(documents)
    expect(groups).toEqual([{ leader: 'first', members: [{ id: 'second', similarity: expect.any(Number) }] }])
    expect(groups[0]?.members[0]?.similarity).toBeGreaterThanOrEqual(0.8)
    expect(nearDuplicates(documents, 1)).toEqual([])
  })

  it('ties together no chain of small steps', () => {
    const base = words(3, 400).split(' ')
    const steps = [0, 1, 2, 3, 4, 5, 6].map((step) => [...base.slice(step * 40), ...words(4 + step, step * 40).split(' ')].join(' '))
    const groups = nearDuplicates(steps.map((text, at) => ({ id: String(at), signature: signature(text) })))
    for (const { leader, members } of groups) {
      for (const { id } of members) expect(jaccard(steps[Number(leader)] ?? '', steps[Number(id)] ?? '')).toBeGreaterThan(0.6)
    }
  })

  it('groups five thousand documents, copies of a hundred texts, exactly', () => {
    const signatures = Array.from({ length: 100 }, (_, at) => signature(words(at + 100, 200)))
    const documents = Array.from({ length: 5000 }, (_, at) => ({ id: `d${at}`, signature: signatures[at % 100] ?? [] }))
    const groups = nearDuplicates(documents)
    expect(groups).toHaveLength(100)
    expect(groups.every(({ members }) => members.length === 49 && members.every((member) => member.similarity === 1))).toBe(true)
  })
})
