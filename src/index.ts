export type { InstrumentationConfig } from '@opentelemetry/instrumentation'
export { GunicornInstrumentation } from './instrumentation.ts'
