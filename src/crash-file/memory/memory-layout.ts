import { pageBytes } from '../layout.ts'

/*
 * The memory of one worker: its counts live there. The primary reads the memory after the worker
 * has died.
 *
 * Version 1:
 *
 *   offset   content
 *        0   head
 *     4096   1024 pages of 2048 bytes: 253 numbers each
 *  2101248   names of the series, appended
 *
 *   head     4 × u32: "GPXM", version, byte order, 0
 *            3 × f64: pid, start (Unix seconds), fork number
 *            f64: bytes of the names that are whole
 *   number   f64
 *   name     u32: bytes of the JSON, little-endian
 *            JSON as in a crash file
 *
 * The primary makes the memory before the fork, all zeros. Pages that nobody touches take no memory
 * of the system. Slots have the numbers of a crash file (`../layout.ts`), on more pages.
 *
 * A death between two stores:
 *
 *   - The worker stores "GPXM" last. A head without this word is a memory without a worker.
 *   - A name counts when its bytes are among the whole bytes. The worker then gets the numbers of
 *     the series. A series whose numbers are all 0 has no count yet.
 *   - Each number is one store of 8 bytes. A histogram counts first and adds to its sum afterwards.
 *     So a killed worker can leave a sum without its last value, and a request in some series only.
 *
 * No checksums: nothing but the worker writes the memory, and no store of 8 bytes is torn.
 */

export const memoryVersion = 1
/** "GPXM" on a little-endian machine. */
export const memoryMagic = 0x4d_58_50_47
/** Index of the bytes of whole names, in numbers of the head. */
export const namesEndIndex = 5
export const memoryHeadBytes = 48
export const memoryPages = 1_024
/** Numbers from the start of one page to the start of the next. */
export const pageStride = 256
export const valuesAt: number = pageBytes
export const memoryNamesAt: number = valuesAt + memoryPages * pageStride * 8
export const memoryNamesBytes = 4_194_304
export const memoryBytes: number = memoryNamesAt + memoryNamesBytes
/** The length before the text of a name. */
export const nameLengthBytes = 4
