// The other side of a round trip, in a process of its own: takes an allocation as JSON, answers with its number.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

const [kind, path] = process.argv.slice(2)

const answer = (line: string): string => JSON.stringify({ id: (JSON.parse(line) as { id: number }).id + 1 })
const tellParent = (server: Server): void => void process.send?.({ address: server.address() as AddressInfo | string })

if (kind === 'ipc') {
  process.on('message', (message: { readonly id: number }) => process.send?.({ id: message.id + 1 }))
  process.send?.({ address: 'ipc' })
} else if (kind === 'http') {
  const server = createHttpServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => response.setHeader('content-type', 'application/json').end(answer(body)))
  })
  server.listen(0, '127.0.0.1', () => tellParent(server))
} else {
  const server = createServer((socket) => serveLines(socket))
  if (kind === 'unix') server.listen(path, () => tellParent(server))
  else server.listen(0, '127.0.0.1', () => tellParent(server))
}
process.on('disconnect', () => process.exit())

function serveLines(socket: Socket): void {
  let rest = ''
  socket.setNoDelay(true).setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) socket.write(`${answer(line)}\n`)
  })
  socket.on('error', () => socket.destroy())
}
