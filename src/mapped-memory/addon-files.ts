export interface AddonFile {
  readonly bytes: number
  /** CRC-32 of the file. */
  readonly checksum: number
}

/**
 * The files in `native/prebuilt/` that the package loads, by platform and architecture. A damaged
 * file could end the process in `dlopen`, so the loader compares before. `native/build.sh` prints
 * the figures.
 */
export const addonFiles: Readonly<Record<string, AddonFile>> = {
  'linux-arm64': { bytes: 4_272, checksum: 0x4d4a_9a3c },
  'linux-x64': { bytes: 4_160, checksum: 0xf908_acb8 },
}
