import { expect, it } from 'vitest'
import { firstExample } from '../src/packing/readme-example.ts'

it('takes the first block of TypeScript, and no other language', () => {
  expect(firstExample('# A\n```sh\nls\n```\n```ts\nlet a = 1\n\nlet b\n```\n```ts\nlet c\n```\n')).toBe('let a = 1\n\nlet b\n')
  expect(firstExample('# A\n```sh\nls\n```\n')).toBeUndefined()
})
