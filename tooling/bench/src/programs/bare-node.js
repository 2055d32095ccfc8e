// Bare Node, for what it costs to begin with: says how much memory it has.
globalThis.gc?.()
console.log(process.memoryUsage().rss)
