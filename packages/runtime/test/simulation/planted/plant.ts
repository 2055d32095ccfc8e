import { registerHooks } from 'node:module'
import { BUGS } from './bugs.ts'

/** Loaded before everything else: code comes into the process with the bug that `PLANTED_BUG` names. */
const bug = BUGS.find(({ name }) => name === process.env['PLANTED_BUG'])
const edits = new Map<string, { readonly find: string; readonly replace: string }[]>()
for (const { file, ...edit } of bug?.edits ?? []) edits.set(file, [...(edits.get(file) ?? []), edit])

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const wanted = [...edits].find(([file]) => url.endsWith(`/packages/${file}`))
    if (wanted === undefined) return loaded
    let source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    for (const { find, replace } of wanted[1]) {
      if (source.split(find).length !== 2) throw new Error(`${wanted[0]} has changed: "${find}" is not there exactly once. Plant the bug anew.`)
      source = source.replace(find, () => replace)
    }
    return { ...loaded, source }
  },
})
