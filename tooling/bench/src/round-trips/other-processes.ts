import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contestant } from '../benchmark.ts'

const program = fileURLToPath(new URL('./echo-process.ts', import.meta.url))
const TRIPS = 200

interface Other {
  readonly child: ChildProcess
  readonly address: AddressInfo
}

async function start(kind: 'ipc' | 'unix' | 'tcp' | 'http', path = ''): Promise<Other> {
  const child = fork(program, [kind, path], { execArgv: [], stdio: 'ignore' })
  const [message] = (await once(child, 'message')) as [{ address: AddressInfo }]
  return { child, address: message.address }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

export const forkedProcess: Contestant = {
  name: 'fork IPC',
  async setup() {
    const { child } = await start('ipc')
    return {
      async run() {
        for (let trip = 0; trip < TRIPS; trip++) {
          child.send({ id: trip, model: 'model' })
          await once(child, 'message')
        }
        return TRIPS
      },
      dispose: () => end(child),
    }
  },
}

function overSocket(name: string, kind: 'unix' | 'tcp'): Contestant {
  return {
    name,
    async setup() {
      const folder = mkdtempSync(join(tmpdir(), 'symphony-bench-'))
      const path = join(folder, 'socket')
      const { child, address } = await start(kind, path)
      const socket = kind === 'unix' ? connect(path) : connect(address.port, '127.0.0.1')
      await once(socket.setNoDelay(true).setEncoding('utf8'), 'connect')
      return {
        run: () => tripsOver(socket),
        async dispose() {
          socket.destroy()
          await end(child)
          rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  }
}

async function tripsOver(socket: Socket): Promise<number> {
  for (let trip = 0; trip < TRIPS; trip++) {
    socket.write(`${JSON.stringify({ id: trip, model: 'model' })}\n`)
    const [line] = (await once(socket, 'data')) as [string]
    JSON.parse(line)
  }
  return TRIPS
}

export const unixSocket: Contestant = overSocket('unix socket, JSON', 'unix')
export const tcpSocket: Contestant = overSocket('TCP, JSON', 'tcp')

export const httpService: Contestant = {
  name: 'HTTP, JSON, kept alive',
  async setup() {
    const { child, address } = await start('http')
    const agent = new Agent({ keepAlive: true })
    const trip = (id: number): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const call = request({ agent, port: address.port, host: '127.0.0.1', method: 'POST' }, (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
          response.on('end', () => resolve(JSON.parse(body)))
        })
        call.on('error', reject).end(JSON.stringify({ id, model: 'model' }))
      })
    return {
      async run() {
        for (let id = 0; id < TRIPS; id++) await trip(id)
        return TRIPS
      },
      async dispose() {
        agent.destroy()
        await end(child)
      },
    }
  },
}
