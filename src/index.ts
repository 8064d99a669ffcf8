export type { InstrumentationConfig } from '@opentelemetry/instrumentation'
export { GunicornInstrumentation } from './instrumentation.ts'
export type { HookServer, Hooks, HookWorker } from './master/hooks.ts'
