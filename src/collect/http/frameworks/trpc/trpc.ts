import { types } from 'node:util'
import { isObjectLike } from '../../../../support/guards.ts'
import { callText } from '../hooks/changed-sources.ts'
import type { Framework, SourceChange } from '../hooks/framework.ts'
import { storeError, storeRoute } from '../hooks/request-slot.ts'
import {
  hasKnownProcedure,
  hasProcedure,
  type ProcedureCall,
  procedureTemplate,
} from './procedure.ts'

/*
 * tRPC 10 and 11, standalone and in Express. Both servers call `nodeHTTPRequestHandler`. tRPC keeps
 * the router and the error in closures, so the adapter changes the sources. The names of the files
 * differ between versions. The adapter cannot observe a bundled tRPC.
 */

export const trpc: Framework = {
  name: 'trpc',
  templateOf: (call) => procedureTemplate(call as ProcedureCall),
  sources: [
    ...['', 'adapters/node-http/'].map((folder) => sourceOf(folder, change)),
    ...['standalone', 'express'].flatMap((adapter) =>
      ['mjs', 'js', 'cjs'].map((type) => sourceOf(`adapters/${adapter}.${type}`, withCheck)),
    ),
  ],
  onCall: (call, failure) => {
    if (call === undefined) checkHandler()
    else if (failure === undefined) storeRoute((call as ProcedureCall).req, trpc, call)
    else storeFailure(call as ProcedureCall, failure as Failure)
  },
}

function sourceOf(file: string, changeFile: SourceChange['change']): SourceChange {
  return { package: '@trpc/server', file: `@trpc/server/dist/${file}`, change: changeFile }
}

interface Failure {
  /** Undefined if the error concerns no procedure. */
  readonly path?: unknown
  /** A `TRPCError`. */
  readonly error?: unknown
}

const handler = /async function nodeHTTPRequestHandler\(opts\) \{/

/** Whether the handler of this process was found and changed. */
let hasHandler = false

function change(source: string): string {
  if (!handler.test(source)) return source
  hasHandler = true
  return source
    .replace(handler, (text) => `${text}${callText(trpc.name, 'opts')};`)
    .replace(/onError ?\(o\) \{/, (text) => `${text}${callText(trpc.name, 'opts, o')};`)
    .replace('const error = getTRPCErrorFromUnknown(cause);', (text) => {
      return `${text}${callText(trpc.name, 'opts, { error }')};`
    })
}

/** The adapters load the handler before their own code runs. */
function withCheck(source: string): string {
  return `${source}\n;${callText(trpc.name, '')};\n`
}

function checkHandler(): void {
  if (!hasHandler) throw new TypeError('the handler of tRPC has another form')
}

function storeFailure(call: ProcedureCall, failure: Failure): void {
  if (isOfApplication(call, failure)) storeError(call.req, causeOf(failure.error))
}

/**
 * tRPC itself makes the error of an unknown procedure. Such an error counts in a batch with a known
 * procedure.
 */
function isOfApplication(call: ProcedureCall, { path }: Failure): boolean {
  return typeof path !== 'string' || hasProcedure(call.router, path) || hasKnownProcedure(call)
}

/**
 * tRPC wraps the errors of procedures and of validators. Early versions of tRPC 10 give each
 * `TRPCError` a cause, which is a plain error.
 */
function causeOf(error: unknown): unknown {
  if (!isObjectLike(error)) return error
  const { cause, code }: TrpcError = error
  if (!types.isNativeError(cause) && !(cause instanceof Error)) return error
  const isPlain = cause.name === 'Error' && cause.constructor.name === 'Error'
  return isPlain && code !== 'INTERNAL_SERVER_ERROR' ? error : cause
}

interface TrpcError {
  readonly cause?: unknown
  readonly code?: unknown
}
