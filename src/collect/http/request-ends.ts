import { type Channel, channel } from 'node:diagnostics_channel'
import {
  type RequestEnd,
  type RequestFacts,
  requestEndChannel,
} from '../../model/request/request-end.ts'
import type { Exchange } from './exchange.ts'

/** Has subscribers only where the agent of a master logs requests, or sends their times. */
export const requestEnds: Channel = channel(requestEndChannel)

/** Tells subscribers about an ended request. */
export function publishEnd(end: RequestEnd): void {
  requestEnds.publish(end)
}

/** Tells subscribers about an ended request of HTTP/1. */
export function tellEnd(facts: RequestFacts, { request, response }: Exchange): void {
  if (request) publishEnd({ kind: 'http1', facts, request, response })
}
