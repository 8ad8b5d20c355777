/** An initramfs: files in the "newc" format of cpio (Linux: Documentation/driver-api/early-userspace/buffer-format.rst). */

export interface InitramfsFile {
  readonly path: string;
  /** With the type of file: 0o100755, 0o40755 for a folder, 0o120777 for a link, 0o20600 for a character device. */
  readonly mode: number;
  readonly contents?: Uint8Array | string;
  /** Of a device: major and minor number. */
  readonly device?: readonly [number, number];
}

export function initramfs(files: readonly InitramfsFile[]): Uint8Array {
  const all = [...files, { path: 'TRAILER!!!', mode: 0 }];
  return Buffer.concat(all.flatMap((file, index) => entry(file, index + 1)));
}

function entry({ path, mode, contents = '', device = [0, 0] }: InitramfsFile, inode: number): Uint8Array[] {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), bytes, padding(bytes.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}
