/* CRC: bit by bit with the CCITT polynomial, then CRC-32 by table, over a buffer. Shifts, masks, dependent loads. */
#include "kernel.h"

#define BYTES 1024

static uint8_t buffer[BYTES];
static uint32_t table[256];

static uint16_t crc16(const uint8_t *data, uint32_t bytes) {
  uint16_t crc = 0xffff;
  for (uint32_t i = 0; i < bytes; i++) {
    uint8_t byte = data[i];
    for (uint32_t bit = 0; bit < 8; bit++) {
      uint32_t carry = (crc ^ byte) & 1;
      crc >>= 1;
      byte >>= 1;
      if (carry) crc ^= 0xa001;
    }
  }
  return crc;
}

static uint32_t crc32(const uint8_t *data, uint32_t bytes) {
  uint32_t crc = ~0u;
  for (uint32_t i = 0; i < bytes; i++) crc = table[(crc ^ data[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t seed = 1, sum = 0;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t entry = i;
    for (uint32_t bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >> 1) ^ 0xedb88320u : entry >> 1;
    table[i] = entry;
  }
  for (uint32_t i = 0; i < BYTES; i++) buffer[i] = next(&seed) >> 24;
  for (uint32_t round = 0; round < rounds; round++) {
    sum = mix(sum, crc16(buffer, BYTES));
    for (uint32_t i = 0; i < 4; i++) sum = mix(sum, crc32(buffer, BYTES - i));
    buffer[round & (BYTES - 1)] ^= sum;
  }
  return sum;
}
