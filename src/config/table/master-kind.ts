import { integer, refused, type SettingKind } from './kind.ts'

/** A number of workers, or `auto` for the number of usable CPUs. */
export type WorkerCount = number | 'auto'

const count = integer(1, 1_024)

export const workerCount: SettingKind<WorkerCount> = {
  allowed: `${count.allowed}, or auto`,
  schema: { anyOf: [count.schema, { const: 'auto' }] },
  parse: (text) => (text.toLowerCase() === 'auto' ? 'auto' : count.parse(text)),
  shown: String,
}

const factors: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** Bytes, with K, M or G for powers of 1024. */
export const memorySize: SettingKind<number> = {
  allowed: 'bytes, with K, M or G for KiB, MiB or GiB, such as 512M',
  schema: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] },
  parse: (text) => {
    const [, digits, suffix = ''] = /^(\d{1,15}(?:\.\d{1,3})?)([kmg]?)i?b?$/i.exec(text) ?? []
    const factor = factors[suffix.toLowerCase()]
    if (digits === undefined || factor === undefined) return refused
    return Math.round(Number(digits) * factor)
  },
  shown: String,
}
