/** The 512 bytes that IDENTIFY DEVICE and IDENTIFY PACKET DEVICE give. ATA/ATAPI-6, 8.15 and 8.16. */

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** The greatest number of sectors that 28-bit addresses reach. */
export const LBA28_SECTORS = 0x0fffffff;
const LBA48_COMMANDS = 0x0400;
const FLUSH_COMMANDS = 0x3000;
const MULTIPLE_MAXIMUM = 16;

/** CHS geometry: 16 heads of 63 sectors, which is what software expects of a large disk. */
export function geometryOf(sectors: number): Geometry {
  return { cylinders: Math.max(1, Math.min(16383, Math.floor(sectors / (16 * 63)))), heads: 16, sectors: 63 };
}

class IdentifyData {
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(512);
  readonly #view = new DataView(this.bytes.buffer);

  word(index: number, value: number): void {
    this.#view.setUint16(index * 2, value, true);
  }

  double(index: number, value: number): void {
    this.#view.setUint32(index * 2, value, true);
  }

  /** ASCII, padded with blanks, the characters of each word swapped. */
  text(index: number, words: number, value: string): void {
    const padded = value.padEnd(words * 2).slice(0, words * 2);
    for (let i = 0; i < words * 2; i++) this.bytes[index * 2 + (i ^ 1)] = padded.charCodeAt(i);
  }

  names(serial: string, model: string): void {
    this.text(10, 10, serial);
    this.text(23, 4, '1.0');
    this.text(27, 20, model);
  }

  /** PIO 4, multiword DMA 2, and Ultra DMA 5 with the mode that is set. */
  modes(ultraMode: number): void {
    this.word(53, 0x0007);
    this.word(63, 0x0007);
    this.word(64, 0x0003);
    for (let i = 65; i <= 68; i++) this.word(i, 120);
    this.word(80, 0x007e);
    this.word(88, 0x003f | (1 << (8 + ultraMode)));
    this.word(93, 0x6001);
  }
}

export function identifyDisk(sectors: number, multiple: number, serial: string): Uint8Array {
  const data = new IdentifyData();
  const { cylinders, heads, sectors: perTrack } = geometryOf(sectors);
  data.word(0, 0x0040);
  data.word(1, cylinders);
  data.word(3, heads);
  data.word(6, perTrack);
  data.names(serial, 'DRIFT DISK');
  data.word(47, 0x8000 | MULTIPLE_MAXIMUM);
  data.word(49, 0x0b00);
  data.word(50, 0x4000);
  data.word(54, cylinders);
  data.word(55, heads);
  data.word(56, perTrack);
  data.double(57, cylinders * heads * perTrack);
  data.word(59, 0x0100 | multiple);
  data.double(60, Math.min(sectors, LBA28_SECTORS));
  data.modes(5);
  data.word(82, 0x0020);
  data.word(83, 0x4000 | LBA48_COMMANDS | FLUSH_COMMANDS);
  data.word(84, 0x4000);
  data.word(85, 0x0020);
  data.word(86, LBA48_COMMANDS | FLUSH_COMMANDS);
  data.word(87, 0x4000);
  data.double(100, sectors % 2 ** 32);
  data.double(102, Math.floor(sectors / 2 ** 32));
  return data.bytes;
}

export function identifyCd(serial: string): Uint8Array {
  const data = new IdentifyData();
  // ATAPI, CD-ROM, removable, packets of 12 bytes, DRQ within 50 us.
  data.word(0, 0x85c0);
  data.names(serial, 'DRIFT CD-ROM');
  data.word(49, 0x0b00);
  data.modes(2);
  data.word(82, 0x0010);
  data.word(85, 0x0010);
  return data.bytes;
}
