const slots = 16_384

/** The slot of a key in a Redis Cluster: CRC16 (XMODEM) of the key or of its hash tag. */
export function hashSlot(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    crc &= 0xffff
  }
  return crc % slots
}
