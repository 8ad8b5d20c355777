/** A folder for one run: monitor sockets, generated configuration, images given as bytes. Only this user may enter it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class PrivateFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<PrivateFolder> {
    return new PrivateFolder(await mkdtemp(join(tmpdir(), 'drift-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Path of a disk image: the caller's own, or a copy of the bytes that it gave. */
  async image(image: string | Uint8Array): Promise<string> {
    if (typeof image === 'string') return image;
    const path = this.file('disk.img');
    await writeFile(path, image);
    return path;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
