/** Boots a disk image in v86, COM1 on standard output. Arguments: the image, a BIOS, a VGA BIOS. */
import { readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';

const [image, bios, vgaBios] = process.argv.slice(2).map((path) => {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
});
if (image === undefined || bios === undefined || vgaBios === undefined) {
  throw new Error('usage: v86-guest.ts IMAGE BIOS VGABIOS');
}

const emulator = new V86({
  wasm_path: fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86/build/libv86.mjs'))),
  memory_size: 512 << 20,
  vga_memory_size: 8 << 20,
  bios,
  vga_bios: vgaBios,
  hda: image,
  disable_speaker: true,
  autostart: true,
});
// Each byte at once: the other side takes the time of it.
emulator.add_listener('serial0-output-byte', (byte: number) => writeSync(1, Uint8Array.of(byte)));
