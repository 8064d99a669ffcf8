import { fastify } from './fastify.ts'
import { apollo } from './graphql/apollo.ts'
import { yoga } from './graphql/yoga.ts'
import { h3 } from './h3.ts'
import { hono } from './hono.ts'
import { changeSources } from './hooks/changed-sources.ts'
import type { Framework } from './hooks/framework.ts'
import { requestSlots } from './hooks/request-slot.ts'
import { next } from './next.ts'
import { reactRouter } from './react-router.ts'
import { trpc } from './trpc/trpc.ts'

/**
 * Frameworks that act before the application loads. Each process pays for these: keep them small.
 */
export const early: readonly Framework[] = [fastify, hono, h3, trpc, next, reactRouter]

/** Servers of GraphQL: their adapters act only if `GUNICORN_HTTP_GRAPHQL` is on. */
export const graphql: readonly Framework[] = [yoga, apollo]

/**
 * Call `watchFrameworks` before the application loads: ES modules that are loaded do not change.
 * @param hasOperations whether the setting for GraphQL operations can be on.
 */
export function watchFrameworks(hasOperations: boolean): void {
  const slots = requestSlots()
  if (slots.isWatched) return
  slots.isWatched = true
  for (const { subscribe } of early) subscribe?.()
  changeSources(hasOperations ? [...early, ...graphql] : early)
}
