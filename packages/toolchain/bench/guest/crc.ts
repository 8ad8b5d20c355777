/** kernels/crc.c in AssemblyScript. */
import { following, mix } from './random';

const BYTES: u32 = 1024;
const buffer: usize = memory.data(1024);
const table: usize = memory.data(1024, 4);

function crc16(data: usize, bytes: u32): u32 {
  let crc: u32 = 0xffff;
  for (let i: u32 = 0; i < bytes; i++) {
    let byte: u32 = load<u8>(data + i);
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc ^ byte) & 1;
      crc >>= 1;
      byte >>= 1;
      if (carry) crc ^= 0xa001;
    }
  }
  return crc;
}

function crc32(data: usize, bytes: u32): u32 {
  let crc: u32 = ~0;
  for (let i: u32 = 0; i < bytes; i++) crc = load<u32>(table + (((crc ^ load<u8>(data + i)) & 255) << 2)) ^ (crc >> 8);
  return ~crc;
}

export function run(rounds: u32): u32 {
  let seed: u32 = 1;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < 256; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >> 1) ^ 0xedb88320 : entry >> 1;
    store<u32>(table + (i << 2), entry);
  }
  for (let i: u32 = 0; i < BYTES; i++) {
    seed = following(seed);
    store<u8>(buffer + i, seed >> 24);
  }
  for (let round: u32 = 0; round < rounds; round++) {
    sum = mix(sum, crc16(buffer, BYTES));
    for (let i: u32 = 0; i < 4; i++) sum = mix(sum, crc32(buffer, BYTES - i));
    const at = buffer + (round & (BYTES - 1));
    store<u8>(at, load<u8>(at) ^ sum);
  }
  return sum;
}
