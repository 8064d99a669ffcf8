import { fastify } from './fastify.ts'
import { h3 } from './h3.ts'
import { hono } from './hono.ts'

import { changeSources } from './hooks/changed-sources.ts'
import type { Framework } from './hooks/framework.ts'
import { requestSlots } from './hooks/request-slot.ts'

import { next } from './next.ts'
import { reactRouter } from './react-router.ts'

/**
 * Frameworks that act before the application loads. Each process pays for these: keep them small.
 */
export const early: readonly Framework[] = [fastify, hono, h3, next, reactRouter]

/** Call `watchFrameworks` before the application loads. Later, ES modules keep their sources. */
export function watchFrameworks(): void {
  const slots = requestSlots()
  if (slots.isWatched) return
  slots.isWatched = true
  for (const { subscribe } of early) subscribe?.()
  changeSources(early)
}
