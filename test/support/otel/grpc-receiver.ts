import { createRequire } from 'node:module'
import type { Belongings } from '../programs/belongings.ts'
import type { PushedPoint } from './otlp-file.ts'
import { pointsInProtobuf } from './otlp-protobuf.ts'

/** An error with this code, or the bytes of `ExportMetricsServiceResponse`. */
export type GrpcAnswer =
  | Uint8Array
  | { readonly code: number; readonly details: string; readonly retries?: boolean }

export interface GrpcReceiver {
  readonly url: string
  /** The points of the requests that the receiver took. */
  readonly taken: () => readonly PushedPoint[]
  readonly requests: () => number
  answer: (points: readonly PushedPoint[]) => GrpcAnswer
}

/** The functions of `@grpc/grpc-js` that a receiver uses. */
interface Grpc {
  readonly Server: new (
    options: Readonly<Record<string, number>>,
  ) => {
    readonly addService: (service: object, handlers: object) => void
    readonly bindAsync: (
      address: string,
      credentials: unknown,
      done: (error: Error | null, port: number) => void,
    ) => void
    readonly forceShutdown: () => void
  }
  readonly ServerCredentials: { readonly createInsecure: () => unknown }
  readonly Metadata: new () => { readonly set: (name: string, value: Uint8Array) => void }
}

type Reply = (error: object | null, response?: Uint8Array) => void

const path = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

/** Starts a receiver of OTLP over gRPC that answers as the given function says. */
export async function startGrpcReceiver(
  context: Pick<Belongings, 'after'>,
  answer: GrpcReceiver['answer'],
  options: Readonly<Record<string, number>> = {},
): Promise<GrpcReceiver> {
  const { Server, ServerCredentials, Metadata } = grpc()
  const server = new Server(options)
  const taken: PushedPoint[] = []
  let requests = 0
  const handler = ({ request }: { readonly request: Buffer }, reply: Reply): void => {
    requests += 1
    const points = pointsInProtobuf(request)
    const chosen = receiver.answer(points)
    if (chosen instanceof Uint8Array) {
      taken.push(...points)
      reply(null, chosen)
      return
    }
    const metadata = new Metadata()
    if (chosen.retries) {
      metadata.set(
        'grpc-status-details-bin',
        Buffer.from('type.googleapis.com/google.rpc.RetryInfo'),
      )
    }
    reply({ code: chosen.code, details: chosen.details, metadata })
  }
  const bytes = { serialize: Buffer.from, deserialize: (value: Buffer) => value }
  server.addService(
    {
      export: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes.serialize,
        requestDeserialize: bytes.deserialize,
        responseSerialize: bytes.serialize,
        responseDeserialize: bytes.deserialize,
      },
    },
    { export: handler },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  context.after(() => server.forceShutdown())
  const receiver: GrpcReceiver = {
    url: `http://127.0.0.1:${port}`,
    taken: () => taken,
    requests: () => requests,
    answer,
  }
  return receiver
}

/** The library of OTel's exporter: the repository does not depend on it by itself. */
function grpc(): Grpc {
  const load = createRequire(import.meta.url)
  const exporter = createRequire(load.resolve('@opentelemetry/exporter-metrics-otlp-grpc'))
  return exporter('@grpc/grpc-js') as Grpc
}
