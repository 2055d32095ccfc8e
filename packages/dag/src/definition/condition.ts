import type { Condition } from '@symphony/interface'
import { KINDS } from '../layout.ts'
import { CANCELLED, FAILED, SKIPPED, SUCCEEDED } from '../transitions.ts'

// A condition over outcomes as a postfix program of whole numbers: an operand is `node * 8 + test`, an operator is negative.
// It lies among the edges of the template, right behind the out-edges of its task, so that whoever evaluates it needs the
// region alone, and a task without a condition costs nothing.

export const OPERATORS = { AND: -1, OR: -2, NOT: -3 } as const
const TEST_NAMES = ['succeeded', 'failed', 'skipped', 'cancelled', 'ended'] as const
type Test = (typeof TEST_NAMES)[number]
const TEST_SUCCEEDED = 0
const TEST_ENDED = 4
/** Of each test, the states that pass it, as bits. */
export const TEST_STATES: readonly number[] = [
  1 << SUCCEEDED, 1 << FAILED, 1 << SKIPPED, 1 << CANCELLED, (1 << SUCCEEDED) | (1 << FAILED) | (1 << SKIPPED) | (1 << CANCELLED),
]
/** Values a program may have open at once: they are kept in the bits of one number. */
const DEPTH_MAX = 30
const WORD = /^[\w-]+/

/** What is wrong with a condition, for the caller to add the path. */
class ConditionProblem extends Error {}

/**
 * Compiles a condition.
 * @param nodeOf node of a task by its id, or undefined
 * @returns the program, or what is wrong
 */
export function compileCondition(condition: unknown, nodeOf: (id: string) => number | undefined): Int32Array | string {
  const program: number[] = []
  try {
    emit(typeof condition === 'string' ? parse(condition) : condition, nodeOf, program, 1)
  } catch (error) {
    if (error instanceof ConditionProblem) return error.message
    throw error
  }
  return Int32Array.from(program)
}

/**
 * Runs a program. The values it has open are the bits of one number.
 * @param outcomeOf state of the task an operand names
 */
export function evaluate(words: ArrayLike<number>, start: number, end: number, outcomeOf: (node: number) => number): boolean {
  let values = 0
  for (let at = start; at < end; at++) {
    const word = words[at] as number
    if (word >= 0) values = (values << 1) | (((TEST_STATES[word & 7] as number) >> outcomeOf(word >> 3)) & 1)
    else if (word === OPERATORS.NOT) values ^= 1
    else {
      const last = values & 1
      values >>= 1
      values = word === OPERATORS.AND ? values & (last | ~1) : values | last
    }
  }
  return (values & 1) === 1
}

/** Why a condition cannot ask for this of a need of this kind, or undefined. */
export function misfit(word: number, kind: number | undefined, id: string): string | undefined {
  if (kind === KINDS.OPTIONAL) return `looks at "${id}", which is only an optional need; make it a soft one`
  const test = word & 7
  if (kind !== KINDS.HARD || test === TEST_SUCCEEDED || test === TEST_ENDED) return undefined
  return `looks at how "${id}" failed to succeed, but it is a hard need; make it a soft one, or leave it out of the needs`
}

/** The condition a program was made of, in its plain form. */
export function decompile(program: Int32Array, idOf: (node: number) => string): Condition {
  const stack: Condition[] = []
  for (const word of program) {
    if (word >= 0) stack.push({ task: idOf(word >> 3), is: TEST_NAMES[word & 7] as Test })
    else if (word === OPERATORS.NOT) stack.push({ not: stack.pop() as Condition })
    else {
      const right = stack.pop() as Condition
      const left = stack.pop() as Condition
      stack.push(word === OPERATORS.AND ? { all: [left, right] } : { any: [left, right] })
    }
  }
  return stack[0] as Condition
}

function emit(condition: unknown, nodeOf: (id: string) => number | undefined, program: number[], depth: number): void {
  if (depth > DEPTH_MAX) throw new ConditionProblem(`is nested more than ${DEPTH_MAX} deep; name a part of it by a task of its own`)
  if (typeof condition !== 'object' || condition === null) throw new ConditionProblem(FORM)
  const given = condition as Record<string, unknown>
  const keys = Object.keys(given).sort().join()
  if (keys === 'all' || keys === 'any') {
    const parts = given[keys]
    if (!Array.isArray(parts) || parts.length === 0) throw new ConditionProblem(`\`${keys}\` must be an array with at least one condition`)
    parts.forEach((part: unknown, place) => {
      emit(part, nodeOf, program, place === 0 ? depth : depth + 1)
      if (place > 0) program.push(keys === 'all' ? OPERATORS.AND : OPERATORS.OR)
    })
  } else if (keys === 'not') {
    // Not deeper in values, but in calls.
    emit(given['not'], nodeOf, program, depth + 1)
    program.push(OPERATORS.NOT)
  } else if (keys === 'is,task') {
    const test = TEST_NAMES.indexOf(given['is'] as Test)
    if (test < 0) throw new ConditionProblem(`\`is\` must be one of ${TEST_NAMES.join(', ')}, not "${String(given['is'])}"`)
    const node = typeof given['task'] === 'string' ? nodeOf(given['task']) : undefined
    if (node === undefined) throw new ConditionProblem(`no task "${String(given['task'])}"`)
    program.push(node * 8 + test)
  } else throw new ConditionProblem(FORM)
}

const FORM = 'must be text like "a && !b.failed", or one of { all }, { any }, { not }, { task, is }'

/** Reads the text form: `||` binds weaker than `&&`, `!` strongest. */
function parse(text: string): Condition {
  const reader = new TextReader(text)
  const condition = reader.either()
  reader.expectEnd()
  return condition
}

class TextReader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  either(): Condition {
    return this.#joined('||', 'any', () => this.#joined('&&', 'all', () => this.#unary()))
  }

  expectEnd(): void {
    this.#skipBlanks()
    if (this.#at < this.#text.length) throw this.#unexpected('&&, || or the end')
  }

  #joined(operator: string, key: 'all' | 'any', part: () => Condition): Condition {
    const parts = [part()]
    while (this.#eat(operator)) parts.push(part())
    return parts.length === 1 ? (parts[0] as Condition) : key === 'all' ? { all: parts } : { any: parts }
  }

  #unary(): Condition {
    // The nesting of the text is bounded before the stack of calls would be.
    if (++this.#depth > 1000) throw new ConditionProblem('is nested too deep')
    try {
      if (this.#eat('!')) return { not: this.#unary() }
      if (!this.#eat('(')) return this.#test()
      const inner = this.either()
      if (!this.#eat(')')) throw this.#unexpected('a closing parenthesis')
      return inner
    } finally {
      this.#depth--
    }
  }

  #test(): Condition {
    const task = this.#id()
    if (this.#text[this.#at] !== '.') return { task, is: 'succeeded' }
    this.#at++
    const word = WORD.exec(this.#text.slice(this.#at))?.[0] ?? ''
    this.#at += word.length
    return { task, is: word as Test }
  }

  #id(): string {
    this.#skipBlanks()
    const quote = this.#text[this.#at]
    if (quote === '"' || quote === "'") {
      const end = this.#text.indexOf(quote, this.#at + 1)
      if (end < 0) throw this.#unexpected('a closing quote')
      const id = this.#text.slice(this.#at + 1, end)
      this.#at = end + 1
      return id
    }
    const word = WORD.exec(this.#text.slice(this.#at))?.[0]
    if (word === undefined) throw this.#unexpected('the id of a task (in quotes, if it has other characters than letters, digits, _ and -)')
    this.#at += word.length
    return word
  }

  #eat(token: string): boolean {
    this.#skipBlanks()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\n' || this.#text[this.#at] === '\t') this.#at++
  }

  #unexpected(wanted: string): ConditionProblem {
    return new ConditionProblem(`expected ${wanted} at character ${this.#at + 1} of "${this.#text}"`)
  }
}
