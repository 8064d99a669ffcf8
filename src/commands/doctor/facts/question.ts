import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { errorCodeOf } from '../../../support/error-code.ts'
import { messageOf } from '../../../support/error-message.ts'
import type { Place } from './place.ts'

/** A question to an endpoint. */
export interface Question {
  readonly place: Place
  /** With the query. */
  readonly path: string
  readonly authorization?: string | undefined
  /** Whether a certificate that no authority of Node.js has signed ends the question. */
  readonly verifies?: boolean
}

export type Reply =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: string
      /** Of the server; undefined without TLS. */
      readonly certificate: DetailedPeerCertificate | undefined
    }
  | { readonly kind: 'failure'; readonly code: string; readonly text: string }

/** Asks once. Never rejects; the reply comes within `doctorLimits.answerMs`. */
export async function ask(question: Question): Promise<Reply> {
  return await new Promise((resolve) => {
    const asked = open(question)
    const fail = (error: unknown): void => {
      const code = String(errorCodeOf(error) ?? '')
      resolve({ kind: 'failure', code, text: messageOf(error) || code })
    }
    const limit = setTimeout(() => {
      asked.destroy(new Error(`no answer within ${doctorLimits.answerMs / 1_000} seconds`))
    }, doctorLimits.answerMs)
    asked.on('error', fail)
    asked.on('close', () => clearTimeout(limit))
    asked.on('response', (response) => {
      const certificate = certificateOf(response)
      const { statusCode: status = 0, headers } = response
      bodyOf(response).then((body) => {
        resolve({ kind: 'answer', status, headers, body, certificate })
        asked.destroy()
      }, fail)
    })
    asked.end()
  })
}

function open({ place, path, authorization, verifies = false }: Question): ClientRequest {
  const { scheme, host, port, socketPath, prefix } = place
  return (scheme === 'https' ? secureRequest : plainRequest)({
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    path: `${prefix}${path}`,
    headers: authorization === undefined ? {} : { authorization },
    agent: false,
    rejectUnauthorized: verifies,
  })
}

function certificateOf({ socket }: IncomingMessage): DetailedPeerCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const certificate = socket.getPeerCertificate(true)
  return certificate.raw === undefined ? undefined : certificate
}

/** The first bytes of the body. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > doctorLimits.answerBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
