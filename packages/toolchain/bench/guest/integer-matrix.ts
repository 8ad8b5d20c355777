/** kernels/integer-matrix.c in AssemblyScript. */
import { following, mix } from './random';

const N: u32 = 32;
const a: usize = memory.data(2240, 16);
const b: usize = memory.data(2240, 16);
const c: usize = memory.data(4096, 16);

function at16(matrix: usize, row: u32, column: u32): usize {
  return matrix + ((row * N + column) << 1);
}

function at32(matrix: usize, row: u32, column: u32): usize {
  return matrix + ((row * N + column) << 2);
}

function multiply(): void {
  for (let i: u32 = 0; i < N; i++) {
    for (let j: u32 = 0; j < N; j++) {
      let sum: i32 = 0;
      for (let k: u32 = 0; k < N; k++) sum += <i32>load<i16>(at16(a, i, k)) * <i32>load<i16>(at16(b, k, j));
      store<i32>(at32(c, i, j), sum);
    }
  }
}

function multiplyFields(): void {
  for (let i: u32 = 0; i < N; i++) {
    for (let j: u32 = 0; j < N; j++) {
      let sum: u32 = 0;
      for (let k: u32 = 0; k < N; k++) {
        const product: u32 = <i32>load<i16>(at16(a, i, k)) * <i32>load<i16>(at16(b, k, j));
        sum += ((product >> 2) & 15) * ((product >> 5) & 127);
      }
      const place = at32(c, i, j);
      store<u32>(place, load<u32>(place) + sum);
    }
  }
}

export function run(rounds: u32): u32 {
  let seed: u32 = 3;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < N; i++) {
    for (let j: u32 = 0; j < N; j++) {
      seed = following(seed);
      store<i16>(at16(a, i, j), (seed as i32) >> 20);
      seed = following(seed);
      store<i16>(at16(b, i, j), (seed as i32) >> 20);
    }
  }
  for (let round: u32 = 0; round < rounds; round++) {
    multiply();
    multiplyFields();
    for (let i: u32 = 0; i < N; i++) for (let j: u32 = 0; j < N; j++) sum = mix(sum, load<u32>(at32(c, i, j)));
    const place = at16(a, round & (N - 1), sum & (N - 1));
    store<u16>(place, load<u16>(place) + 1);
  }
  return sum;
}
