import { describe, expect, it } from 'vitest'
import { readCommandLine, select } from '../src/command-line.ts'

describe('the command line', () => {
  it('has defaults for a record', () => {
    expect(readCommandLine([])).toMatchObject({ filter: '', runs: 7, runMs: 250, json: false, save: undefined, compare: undefined, head: 'HEAD' })
  })

  it('reads options and a filter of several words', () => {
    const options = readCommandLine(['end', 'to', '--quick', '--json', '--save', 'out.json', '--compare', 'main~3'])
    expect(options).toMatchObject({ filter: 'end to', runs: 3, runMs: 50, json: true, save: 'out.json', compare: 'main~3' })
    expect(readCommandLine(['--quick', '--runs', '11']).runs).toBe(11)
  })

  it.each([['--runs', '0'], ['--runs', 'many'], ['--runs', '1.5'], ['--unknown']])('refuses %s %s', (...argv) => {
    expect(() => readCommandLine(argv)).toThrow()
  })
})

describe('select', () => {
  const names = ['Pool: allocate', 'DAG: load', 'End to end: W1']

  it('keeps what contains the filter, whatever the case', () => {
    expect(select(names, (name) => name, 'dag')).toEqual(['DAG: load'])
    expect(select(names, (name) => name, 'to end: w1')).toEqual(['End to end: W1'])
    expect(select(names, (name) => name, '')).toEqual(names)
    expect(select(names, (name) => name, 'nothing')).toEqual([])
  })
})
