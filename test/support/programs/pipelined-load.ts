import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface PipelinedLoadOptions {
  readonly port: number
  readonly count: number
  /** The text of a request, which the server must answer without a body. */
  readonly requestAt: (index: number) => string
}

const connections = 4
/** Requests of a connection under way at once. */
const batch = 100

/** Sends many requests at a low price for the client: raw text, and only heads of responses. */
export async function pipelinedLoad(options: PipelinedLoadOptions): Promise<void> {
  const { port, count, requestAt } = options
  let next = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1')
      await once(socket, 'connect')
      socket.on('error', () => {})
      while (next < count) {
        const texts: string[] = []
        for (; texts.length < batch && next < count; next += 1) texts.push(requestAt(next))
        await answered(socket, texts)
      }
      socket.destroy()
    }),
  )
}

async function answered(socket: Socket, texts: readonly string[]): Promise<void> {
  let received = ''
  let heads = 0
  const done = new Promise<void>((resolve, reject) => {
    const onData = (data: string): void => {
      const parts = (received + data).split('\r\n\r\n')
      received = parts.pop() ?? ''
      heads += parts.length
      if (heads < texts.length) return
      socket.off('data', onData).off('close', onClose)
      resolve()
    }
    const onClose = (): void => {
      reject(new Error(`closed after ${heads} of the responses to\n${texts.join('')}`))
    }
    socket.on('data', onData).once('close', onClose)
  })
  socket.write(texts.join(''))
  await done
}
