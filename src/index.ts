export type { Settings } from './config/settings.ts'
