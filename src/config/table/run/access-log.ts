import { combinedFormat, jsonFormat, parseFormat } from '../../../model/request/access-format.ts'
import { isWord, optionalPath, refused, type SettingKind } from '../kind.ts'
import { none, type SettingTable } from '../setting.ts'

const topic = { topic: 'The master (`run`)' } as const

/** Settings of the log of requests. */
export interface AccessLogTableSettings {
  /** A path, or `-` for stdout. */
  readonly accessLogfile: string | undefined
  readonly accessLogformat: string
}

const format: SettingKind<string> = {
  allowed: "json, or a text with gunicorn's atoms, such as %(h)s and %({x-forwarded-for}i)s",
  schema: { type: 'string' },
  parse: (text) => {
    if (isWord(text, jsonFormat)) return jsonFormat
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line of the log is one line.
    return /[\0-\x1f\x7f]/.test(text) || 'wrong' in parseFormat(text) ? refused : text
  },
  shown: String,
  wrongPart: (text) => {
    const parts = parseFormat(text)
    return 'wrong' in parts ? { part: parts.wrong, reason: 'is no atom.' } : undefined
  },
}

export const accessLogTable: SettingTable<AccessLogTableSettings> = {
  accessLogfile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['GUNICORN_ACCESS_LOGFILE'],
    keys: ['gunicorn.accesslog'],
    flag: { name: 'access-logfile', value: 'FILE' },
    help: '[log of requests](access-log.md); `-`: stdout',
  },
  accessLogformat: {
    ...topic,
    kind: format,
    fallback: combinedFormat,
    env: ['GUNICORN_ACCESS_LOGFORMAT'],
    keys: ['gunicorn.access_log_format'],
    flag: { name: 'access-logformat', value: 'FORMAT' },
    help: "format of the log of requests: gunicorn's atoms, or `json`",
  },
}
