import { masterLimits } from '../../limits/master.ts'
import { type AgentSettings, agentVariable } from '../agent/message.ts'
import type { RunSettings } from '../settings/run-settings.ts'
import { withoutNotifyVariables } from '../systemd/notify-variables.ts'
import { reportVariable } from '../watch/loaded-files.ts'

type RelevantSettings = Pick<
  RunSettings,
  | 'timeoutMs'
  | 'gracefulTimeoutMs'
  | 'keepAliveMs'
  | 'maxRequests'
  | 'maxRequestsJitter'
  | 'maxMemoryBytes'
  | 'workerConnections'
  | 'accessLog'
  | 'statsd'
  | 'fileReload'
>

/** The variable by which the agent of a new worker gets its settings. */
export function agentEnvironment(
  settings: RelevantSettings,
): Readonly<Record<string, string | undefined>> {
  const text = JSON.stringify(agentSettings(settings, Math.random()))
  const reports = settings.fileReload ? { [reportVariable]: '1' } : {}
  return { ...withoutNotifyVariables, ...reports, [agentVariable]: text }
}

/** The settings that a worker's agent needs. @param random a number from 0 to 1, without 1. */
export function agentSettings(settings: RelevantSettings, random: number): AgentSettings {
  const { gracefulTimeoutMs, keepAliveMs, maxRequests, maxRequestsJitter } = settings
  const jitter = Math.floor(random * (maxRequestsJitter + 1))
  return {
    beatMs: beatMs(settings),
    keepAliveMs,
    gracefulMs: gracefulTimeoutMs,
    requests: maxRequests > 0 ? maxRequests + jitter : 0,
    connections: settings.workerConnections,
    accessLog: settings.accessLog,
    statsd: settings.statsd,
  }
}

function beatMs({ timeoutMs, maxMemoryBytes }: RelevantSettings): number {
  // Four heartbeats in the timeout: a late heartbeat kills no worker.
  if (timeoutMs > 0) return Math.min(masterLimits.heartbeatMs, timeoutMs / 4)
  // Heartbeats also carry the memory.
  return maxMemoryBytes > 0 ? masterLimits.heartbeatMs : 0
}
