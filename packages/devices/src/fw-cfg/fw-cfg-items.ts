/** The items that fw_cfg offers: numbered ones, and files behind a directory. QEMU's docs/specs/fw_cfg. */

export const FW_CFG_SIGNATURE = 0x00;
export const FW_CFG_ID = 0x01;
export const FW_CFG_RAM_SIZE = 0x03;
export const FW_CFG_NO_GRAPHIC = 0x04;
export const FW_CFG_CORES = 0x05;
export const FW_CFG_KERNEL_ADDRESS = 0x07;
export const FW_CFG_KERNEL_SIZE = 0x08;
export const FW_CFG_INITRD_ADDRESS = 0x0a;
export const FW_CFG_INITRD_SIZE = 0x0b;
export const FW_CFG_MAXIMUM_CORES = 0x0f;
export const FW_CFG_KERNEL_DATA = 0x11;
export const FW_CFG_INITRD_DATA = 0x12;
export const FW_CFG_COMMAND_LINE_ADDRESS = 0x13;
export const FW_CFG_COMMAND_LINE_SIZE = 0x14;
export const FW_CFG_COMMAND_LINE_DATA = 0x15;
export const FW_CFG_SETUP_ADDRESS = 0x16;
export const FW_CFG_SETUP_SIZE = 0x17;
export const FW_CFG_SETUP_DATA = 0x18;
const FILE_DIRECTORY = 0x19;
const FIRST_FILE = 0x20;
const NAME_BYTES = 56;
const ENTRY_BYTES = 64;
/** Traditional interface and DMA. */
const FEATURES = 3;

export class FwCfgItems {
  readonly #items = new Map<number, Uint8Array>();
  readonly #files: { name: string; bytes: Uint8Array }[] = [];

  constructor() {
    this.set(FW_CFG_SIGNATURE, new TextEncoder().encode('QEMU'));
    this.setNumber(FW_CFG_ID, FEATURES, 4);
  }

  get(key: number): Uint8Array | undefined {
    if (key === FILE_DIRECTORY) return this.#directory();
    return this.#items.get(key) ?? this.#files[key - FIRST_FILE]?.bytes;
  }

  set(key: number, bytes: Uint8Array): this {
    this.#items.set(key, bytes);
    return this;
  }

  /** A little-endian number of 2, 4 or 8 bytes. */
  setNumber(key: number, value: number, bytes: 2 | 4 | 8): this {
    const contents = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) contents[i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    return this.set(key, contents);
  }

  /**
   * Adds or replaces a file.
   * @throws RangeError for a name that is longer than 55 characters
   */
  setFile(name: string, bytes: Uint8Array): this {
    if (name.length >= NAME_BYTES) throw new RangeError(`fw_cfg file name "${name}" is longer than 55 characters`);
    const found = this.#files.find((file) => file.name === name);
    if (found === undefined) this.#files.push({ name, bytes });
    else found.bytes = bytes;
    return this;
  }

  /** Count, then for each file size, selector, reserved, name; all big-endian. */
  #directory(): Uint8Array {
    const bytes = new Uint8Array(4 + this.#files.length * ENTRY_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.#files.length);
    for (const [index, file] of this.#files.entries()) {
      const at = 4 + index * ENTRY_BYTES;
      view.setUint32(at, file.bytes.length);
      view.setUint16(at + 4, FIRST_FILE + index);
      bytes.set(new TextEncoder().encode(file.name), at + 8);
    }
    return bytes;
  }
}

/** A range of memory and its type (ACPI 6.5, 15.1): 1 RAM, 2 reserved, 3 ACPI tables, 4 ACPI NVS. */
export interface E820Entry {
  readonly base: number;
  readonly length: number;
  readonly type: number;
}

/** The file `etc/e820`: 20 bytes to an entry. */
export function e820File(entries: readonly E820Entry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * 20);
  const view = new DataView(bytes.buffer);
  for (const [index, { base, length, type }] of entries.entries()) {
    view.setBigUint64(index * 20, BigInt(base), true);
    view.setBigUint64(index * 20 + 8, BigInt(length), true);
    view.setUint32(index * 20 + 16, type, true);
  }
  return bytes;
}
