import { describe, expect, it } from 'vitest'
import { characterErrorRate } from '../src/content/character-error-rate.ts'
import { mergePages, pageAt, reflow } from '../src/content/merge.ts'
import { splitSentences } from '../src/content/sentences.ts'

describe('mergePages', () => {
  it('keeps what is known of each page and where it lies', () => {
    const merged = mergePages([
      { page: 1, text: 'First page.', dpi: 150 },
      { page: 2, text: '', dpi: 200 },
      { page: 3, text: 'Third.', dpi: 300 },
    ])
    expect(merged.text).toBe('First page.\n\nThird.')
    expect(merged.pages).toEqual([
      { page: 1, dpi: 150, offset: 0, length: 11 },
      { page: 2, dpi: 200, offset: 11, length: 0 },
      { page: 3, dpi: 300, offset: 13, length: 6 },
    ])
    expect([0, 10, 13, 18].map((offset) => pageAt(merged.pages, offset))).toEqual([1, 1, 3, 3])
    expect(pageAt([], 0)).toBeUndefined()
  })

  it('joins wrapped lines and divided words, and leaves lists alone', () => {
    const wrapped = 'The carrier takes goods from the door of the sender to the re-\nceiver within four working days, and no longer than that if\nthe road is clear.'
    const list = 'Power: 480 watts\nWeight: 4.6 kilograms'
    expect(reflow(`${wrapped}\n\n${list}`)).toBe(
      `The carrier takes goods from the door of the sender to the receiver within four working days, and no longer than that if the road is clear.\n\n${list}`,
    )
  })
})

describe('splitSentences', () => {
  it('returns stretches of the text itself', () => {
    const text = 'Mr. Harding came at 3.15 pm. He left!  "Why?" asked Dr. Cole.\n\nA Heading\n- one item\n- another, which goes\non below'
    const spans = splitSentences(text)
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual([
      'Mr. Harding came at 3.15 pm.',
      'He left!',
      '"Why?" asked Dr. Cole.',
      'A Heading',
      '- one item',
      '- another, which goes\non below',
    ])
  })

  it('cuts what has no end', () => {
    const spans = splitSentences('word '.repeat(1000))
    expect(Math.max(...spans.map(({ start, end }) => end - start))).toBeLessThanOrEqual(600)
  })
})

describe('characterErrorRate', () => {
  it.each([
    ['same', 'same', 0],
    ['The c4t  sat\n', 'The cat sat', 1 / 11],
    ['', 'abcd', 1],
    ['abcd', '', 1],
    ['', '', 0],
    ['kitten', 'sitting', 3 / 7],
  ])('of %j against %j', (actual, expected, rate) => {
    expect(characterErrorRate(actual, expected)).toBeCloseTo(rate, 10)
  })
})
