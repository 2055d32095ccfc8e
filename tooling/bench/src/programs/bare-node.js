// Bare Node, for what it costs to begin with: says hello, and then how much memory it has.
console.log('hello')
globalThis.gc?.()
console.log(process.memoryUsage().rss)
