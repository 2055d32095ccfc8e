import { beforeAll, describe, expect, it } from 'vitest'
import { energyReport } from '../samples/prose/energy-report.ts'
import { gardenMinutes } from '../samples/prose/garden-minutes.ts'
import { truthOf } from '../samples/layout.ts'
import { pumpManual } from '../samples/prose/pump-manual.ts'
import type { Prose } from '../samples/prose/prose.ts'
import { ask, NO_ANSWER, UNSURE } from '../src/ask/ask.ts'
import { mergePages } from '../src/content/merge.ts'
import { buildSearchIndex, deserialiseIndex, serialiseIndex, type IndexedDocument, type SearchIndex } from '../src/content/search-index.ts'

function documentOf(path: string, prose: Prose): IndexedDocument {
  const { text, pages } = mergePages(prose.pages.map((blocks, index) => ({ page: index + 1, text: truthOf(blocks) })))
  return { path, hash: `hash of ${path}`, title: prose.title, text, pages }
}

const documents = [documentOf('energy.pdf', energyReport), documentOf('minutes.pdf', gardenMinutes), documentOf('pump.pdf', pumpManual)]
const copy = { ...(documents[0] as IndexedDocument), path: 'other/energy.pdf', hash: 'other' }
let index: SearchIndex
beforeAll(() => {
  index = buildSearchIndex([...documents, copy])
})

describe('ask', () => {
  it.each([
    ['How large were the heat losses in the pipes?', 'energy.pdf', 1, 'Heat losses in the pipes fell from 14.1 percent to 11.8 percent.'],
    ['Why was the second heat pump out of service?', 'energy.pdf', 2, 'The second heat pump was out of service for sixteen days in May because silt had blocked the river intake.'],
    ['Who was elected treasurer?', 'minutes.pdf', 2, 'Sofia Marchetti was elected treasurer with 50 votes and 3 abstentions.'],
    ['What does the Brook 12 pump weigh?', 'pump.pdf', 3, 'Weight: 4.6 kilograms'],
  ])('answers %j from the right page', (question, path, page, quote) => {
    const { answer, evidence } = ask(index, question)
    expect(evidence[0]).toMatchObject({ path, page, quote, hash: `hash of ${path}` })
    expect(answer).toContain(quote)
  })

  it('quotes word for word, each content once, best first', () => {
    for (const question of ['heat pump', 'What happens in frost?', 'water tanks in June', 'rent of a plot']) {
      const { evidence } = ask(index, question, { evidenceMax: 8 })
      expect(evidence.length).toBeGreaterThan(0)
      for (const { path, quote, offset } of evidence) {
        const text = [...documents, copy].find((document) => document.path === path)?.text ?? ''
        expect(text.slice(offset, offset + quote.length)).toBe(quote)
      }
      expect(new Set(evidence.map(({ quote }) => quote)).size).toBe(evidence.length)
      expect(evidence.map(({ score }) => score)).toEqual(evidence.map(({ score }) => score).sort((a, b) => b - a))
    }
  })

  it.each(['', '???', 'the of and', 'quantum chromodynamics', 'xyzzy plugh'])('says so when nothing matches: %j', (question) => {
    expect(ask(index, question)).toEqual({ answer: NO_ANSWER, evidence: [] })
  })

  it('owns up to a weak match', () => {
    const { answer, evidence } = ask(index, 'Which bakery in Marseille sells croissants?')
    if (evidence.length === 0) expect(answer).toBe(NO_ANSWER)
    else expect(answer.startsWith(UNSURE)).toBe(true)
  })

  it('forgives a spelling and an ending', () => {
    expect(ask(index, 'elected tresurer').evidence[0]?.quote).toContain('elected treasurer')
    expect(ask(index, 'inspecting flanges').evidence[0]?.quote).toContain('flanges of the same series were inspected')
  })

  it('answers the same from a stored index, and stores the same each time', () => {
    const stored = serialiseIndex(index)
    expect(serialiseIndex(buildSearchIndex([...documents, copy]))).toBe(stored)
    const question = 'When is the storage tank filled first?'
    expect(ask(deserialiseIndex(stored), question)).toEqual(ask(index, question))
  })

  it.each(['', '{}', '{"format":0}', 'not json'])('refuses a stored index it cannot read: %j', (stored) => {
    expect(() => deserialiseIndex(stored)).toThrowError(expect.objectContaining({ code: 'LAYOUT_MISMATCH' }))
  })
})
