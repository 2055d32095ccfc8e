import type { Json, LoadWorkerModel } from '@symphony/interface'

/** A model that does what its input says. */
export const load: LoadWorkerModel = (options: Json | undefined) => {
  if (options === 'fail') throw new Error('no weights')
  return {
    async invoke(input, { signal, progress }) {
      const { op, value, buffer, bytes } = input as { op: string; value?: number; buffer?: Uint8Array; bytes?: Uint8Array }
      if (op === 'double') return (value as number) * 2
      if (op === 'options') return options
      if (op === 'throw') throw new Error('bad input')
      if (op === 'progress') return void [0.25, 0.5].forEach(progress)
      if (op === 'fill') return void buffer?.fill(7)
      if (op === 'large') return { bytes: new Uint8Array(100_000).fill(3) }
      if (op === 'function') return () => 1
      if (op === 'print') return void (console.log('from inside'), process.stderr.write('half a'), process.stderr.write(' line\n'))
      if (op === 'wait') return new Promise((resolve) => signal.addEventListener('abort', () => resolve('noticed')))
      if (op === 'never') return new Promise(() => {})
      if (op === 'sum') return bytes?.reduce((sum, byte) => sum + byte, 0)
      if (op === 'crash') return new Promise(() => queueMicrotask(() => { throw new Error('bug') }))
      if (op === 'memory') for (const kept: number[][] = []; ;) kept.push(Array.from({ length: 1000 }, Math.random))
      if (op === 'exit') process.exit(3)
      if (op === 'loop') for (;;);
      return undefined
    },
  }
}
