import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkerModel } from '@symphony/interface'
import { truthOf } from '../samples/layout.ts'
import { energyReport } from '../samples/prose/energy-report.ts'
import { gardenMinutes } from '../samples/prose/garden-minutes.ts'
import type { Prose } from '../samples/prose/prose.ts'
import { load, type NlpAnswer } from '../src/models/nlp.ts'
import { invoke } from './invoke.ts'

let nlp: WorkerModel
beforeAll(async () => {
  nlp = await load()
})

const textOf = (prose: Prose): string => prose.pages.map((blocks) => truthOf(blocks)).join('\n\n')

describe('the nlp model', () => {
  it('says what a report is about, whom and what it names, and sums it up in its own sentences', async () => {
    const text = textOf(energyReport)
    const answer = await invoke<NlpAnswer>(nlp, { text })
    expect(answer.keywords.map(({ word }) => word)).toEqual(expect.arrayContaining(['heat pumps']))
    expect(answer.keywords.length).toBeLessThanOrEqual(12)
    expect(answer.entities).toEqual(expect.arrayContaining([{ type: 'DATE', value: '19 September 2024', count: 1 }]))
    expect(answer.entities.length).toBeLessThanOrEqual(20)
    expect(answer.language).toBe('en')
    expect(answer.summary).toHaveLength(3)
    for (const { text: sentence, start, end } of answer.summary) expect(text.slice(start, end)).toBe(sentence)
    expect(answer.summary.map(({ start }) => start)).toEqual(answer.summary.map(({ start }) => start).sort((a, b) => a - b))
    expect(answer).toMatchObject({ truncated: false, characters: text.length })
  })

  it('names people', async () => {
    const { entities } = await invoke<NlpAnswer>(nlp, { text: textOf(gardenMinutes) })
    expect(entities.filter(({ type }) => type === 'NAME').map(({ value }) => value)).toEqual(expect.arrayContaining(['Ruth Okafor', 'Anil Desai']))
  })

  it('says the same of equal text, whatever was read between', async () => {
    const first = await invoke(nlp, { text: textOf(gardenMinutes) })
    await invoke(nlp, { text: textOf(energyReport) })
    expect(await invoke(nlp, { text: textOf(gardenMinutes) })).toEqual(first)
    expect(await invoke(await load(), { text: textOf(gardenMinutes) })).toEqual(first)
    expect(JSON.parse(JSON.stringify(first))).toEqual(first)
  })

  it('tells praise from blame', async () => {
    const sentiment = async (text: string): Promise<number> => (await invoke<NlpAnswer>(nlp, { text })).sentiment
    expect(await sentiment('A wonderful, excellent result. We love it and are happy.')).toBeGreaterThan(0.2)
    expect(await sentiment('A terrible failure. We hate this awful, horrible damage.')).toBeLessThan(-0.2)
  })

  it('looks at the beginning of a long text and says so', async () => {
    const short = await load({ nlpCharactersMax: 500 })
    const answer = await invoke<NlpAnswer>(short, { text: textOf(energyReport) })
    expect(answer.truncated).toBe(true)
    expect(answer.characters).toBeLessThanOrEqual(500)
    expect(answer.characters).toBeGreaterThan(480)
    await expect(load({ nlpCharactersMax: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('notices that it does not know a language', async () => {
    const text = 'Das Fernwärmenetz im Hafenviertel lieferte im vergangenen Jahr deutlich weniger Wärme als zuvor, obwohl neue Häuser hinzukamen.'
    expect(await invoke(nlp, { text })).toMatchObject({ language: 'other' })
  })

  it.each([
    ['nothing', ''],
    ['white space', '   '],
    ['half a character', '\u0000\ud800'],
    ['pictures', '🙂'.repeat(500)],
    ['one endless word', 'a'.repeat(30_000)],
    ['brackets', '()[]{}<> '.repeat(2000)],
    ['an endless address', 'http://a.b/'.repeat(1000)],
  ])('bears %s', async (_, text) => {
    expect(await invoke(nlp, { text })).toHaveProperty('kind', 'analysed')
  })

  it('refuses a request without text', async () => {
    await expect(async () => invoke(nlp, { text: 3 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
