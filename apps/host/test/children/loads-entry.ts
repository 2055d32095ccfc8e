// Runs a command line, then prints the packages it has loaded.
import { registerHooks } from 'node:module'

const packages = new Set<string>()
registerHooks({
  load(url, context, nextLoad) {
    const name = /.*\/(?:node_modules|packages)\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
    if (name !== undefined) packages.add(name)
    return nextLoad(url, context)
  },
})
const { main } = await import('@symphony/host')
await main(process.argv)
console.log(JSON.stringify([...packages].sort()))
