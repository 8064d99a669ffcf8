import { configLimits } from '../../limits/config.ts'
import { integer, isWord, refused, type SettingKind } from './kind.ts'

/** A number of workers, or `auto` for the number of usable CPUs. */
export type WorkerCount = number | 'auto'

const count = integer(1, 1_024)

export const workerCount: SettingKind<WorkerCount> = {
  allowed: `${count.allowed}, or auto`,
  schema: { anyOf: [count.schema, { const: 'auto' }] },
  parse: (text) => (isWord(text, 'auto') ? 'auto' : count.parse(text)),
  shown: String,
}

const factors: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

const leastBytes = configLimits.leastMaxMemoryBytes

/** Bytes, with K, M or G for powers of 1024. A limit that every worker exceeds is refused. */
export const memorySize: SettingKind<number> = {
  allowed: 'bytes, with K, M or G for KiB, MiB or GiB, such as 512M; 16M or more, or 0',
  schema: { anyOf: [{ const: 0 }, { type: 'integer', minimum: leastBytes }, { type: 'string' }] },
  parse: (text) => {
    const [, digits, suffix = ''] = /^(\d{1,15}(?:\.\d{1,3})?)([kmg]?)i?b?$/i.exec(text) ?? []
    const factor = factors[suffix.toLowerCase()]
    if (digits === undefined || factor === undefined) return refused
    const bytes = Math.round(Number(digits) * factor)
    return bytes === 0 || bytes >= leastBytes ? bytes : refused
  },
  shown: String,
}
