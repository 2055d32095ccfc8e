import { registerHooks } from 'node:module'
import { BUGS } from './bugs.ts'

/** Loaded before everything else: code comes into the process with the bug that `PLANTED_BUG` names. */
const bug = BUGS.find(({ name }) => name === process.env['PLANTED_BUG'])
const edits = new Map<string, { readonly find: string; readonly replace: string }[]>()
for (const { file, ...edit } of bug?.edits ?? []) edits.set(file, [...(edits.get(file) ?? []), edit])

let planted = 0

/** A bug that is not there must not pass for one that was seen. */
function giveUp(why: string): never {
  console.error(`${why}. Plant the bug anew.`)
  process.exit(1)
}

process.on('exit', () => {
  if (bug === undefined || planted !== bug.edits.length) giveUp(`"${bug?.name}" was not planted as a whole`)
})

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const wanted = [...edits].find(([file]) => url.endsWith(`/packages/${file}`))
    if (wanted === undefined) return loaded
    let source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    for (const { find, replace } of wanted[1]) {
      if (source.split(find).length !== 2) giveUp(`${wanted[0]} has changed: "${find}" is not there exactly once`)
      source = source.replace(find, () => replace)
      planted++
    }
    return { ...loaded, source }
  },
})
