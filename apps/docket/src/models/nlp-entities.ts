import type { Token } from './nlp-tokens.ts'

/** Something named in a text. */
export interface Entity {
  /** DATE, TIME, MONEY, PERCENT, DURATION, EMAIL, URL; NAME for people, places and organisations. */
  readonly type: string
  readonly value: string
  readonly count: number
}

/** Bare numbers and ordinals are named everywhere and mean nothing alone. */
const KEPT = new Set(['DATE', 'TIME', 'MONEY', 'PERCENT', 'DURATION', 'EMAIL', 'URL'])
const NAME_PART = /^\p{Lu}[\p{L}.'’&-]*$/u
const NAME_PARTS_MAX = 4
/** A single capitalised word is a name only if it keeps coming back. */
const LONELY_COUNT_MIN = 3

/**
 * The most frequent entities: dates, times, amounts and addresses as the language model finds them, and names, which it does not find,
 * as runs of capitalised proper nouns. Most frequent first; ties in the order of the alphabet.
 */
export function findEntities(details: readonly { readonly type: string, readonly value: string }[], tokens: readonly Token[], max: number): readonly Entity[] {
  const counts = new Map<string, { readonly type: string, readonly value: string, count: number }>()
  const add = (type: string, value: string): void => {
    const key = `${type} ${value}`
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { type, value, count: 1 })
    else known.count += 1
  }
  for (const { type, value } of details) {
    const plain = value.replace(/\s+/g, ' ').trim()
    // Words like "today" or "morning" are times too, but not ones to find a document by.
    if (KEPT.has(type) && (type === 'URL' || type === 'EMAIL' || /[\d\p{Lu}]/u.test(plain))) add(type, plain)
  }
  for (const name of namesIn(tokens)) add('NAME', name)
  const worth = [...counts.values()].filter((entity) => entity.type !== 'NAME' || entity.value.includes(' ') || entity.count >= LONELY_COUNT_MIN)
  return worth
    .sort((a, b) => b.count - a.count || compare(a.type, b.type) || compare(a.value, b.value))
    .slice(0, max)
    .map(({ type, value, count }) => ({ type, value, count }))
}

function namesIn(tokens: readonly Token[]): readonly string[] {
  const names: string[] = []
  let run: string[] = []
  const finish = (): void => {
    if (run.length > 0 && run.length <= NAME_PARTS_MAX) names.push(run.join(' '))
    run = []
  }
  for (const token of tokens) {
    if (token.isWord && token.pos === 'PROPN' && !token.isStopWord && token.value.length > 1 && NAME_PART.test(token.value)) run.push(token.value)
    else finish()
  }
  finish()
  return names
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
