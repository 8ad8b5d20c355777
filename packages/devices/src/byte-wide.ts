/** Devices with an 8-bit data bus: wider accesses become accesses to consecutive bytes, as an ISA bus makes them. */
import type { AccessBytes, MemoryWindow, PortWindow } from './device.ts';

export interface ByteRegisters {
  readByte(offset: number): number;
  writeByte(offset: number, value: number): void;
}

/** Ports of a device with an 8-bit bus. The device's values may be wider; the low 8 bits count. */
export function byteWidePorts(registers: ByteRegisters): PortWindow {
  return {
    readPort: (offset, bytes) => readBytes(registers, offset, bytes),
    writePort: (offset, bytes, value) => writeBytes(registers, offset, bytes, value),
  };
}

/** Memory of a device with an 8-bit bus. */
export function byteWideMemory(registers: ByteRegisters): MemoryWindow {
  return {
    read: (offset, bytes) => readBytes(registers, offset, bytes),
    write: (offset, bytes, value) => writeBytes(registers, offset, bytes, value),
  };
}

function readBytes(registers: ByteRegisters, offset: number, bytes: AccessBytes): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= (registers.readByte(offset + i) & 0xff) << (8 * i);
  return value >>> 0;
}

function writeBytes(registers: ByteRegisters, offset: number, bytes: AccessBytes, value: number): void {
  for (let i = 0; i < bytes; i++) registers.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
}
