/** Runs the entry point of an ELF file as a function of one number, and gives the registers when it has returned. In Node and in browsers. */
import { Cpu, emptyBus, enterLongMode, PhysicalMemory } from '@drift-os/x86-core';

export function runElf(file: Uint8Array, argument: bigint): string {
  const header = new DataView(file.buffer, file.byteOffset, file.length);
  const memory = new PhysicalMemory({ bytes: 16 << 20 });
  memory.mapRam(0, 16 << 20);
  for (let index = 0; index < header.getUint16(56, true); index++) {
    const at = Number(header.getBigUint64(32, true)) + 56 * index;
    const [offset = 0, address = 0, size = 0] = [8, 16, 32].map((field) =>
      Number(header.getBigUint64(at + field, true)),
    );
    if (header.getUint32(at, true) === LOAD) memory.write(address, file.subarray(offset, offset + size));
  }
  memory.write(RETURN, Uint8Array.of(0xf4)); // HLT, where the function returns to
  memory.write(STACK, new Uint8Array(BigUint64Array.of(BigInt(RETURN)).buffer));
  const cpu = new Cpu(emptyBus, { memory });
  enterLongMode(cpu, { rip: header.getBigUint64(24, true), rsp: BigInt(STACK), tables: 0x1000 });
  cpu.registers.set('rdi', argument);
  return `${cpu.run(1e9)} after ${cpu.instructions} instructions\n${cpu.registers.toString()}`;
}

const LOAD = 1;
const RETURN = 0x3000;
const STACK = 0x8008;
