/** Files out of Debian packages, fetched by apt and unpacked into a folder for temporary files, where they stay for the next run. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), 'drift-debian');

/** The kernel that the package without a version stands for: `linux-image-6.1.0-56-cloud-amd64`. */
function kernelPackage(): string {
  const text = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64'], { encoding: 'utf8', stdio: 'pipe' });
  const [, name] = /Depends: (linux-image-\S+)/.exec(text) ?? [];
  if (name === undefined) throw new Error('linux-image-cloud-amd64 depends on no kernel');
  return name;
}

/** Unpacks a package. @returns the folder with its files */
function unpack(name: string): string {
  const target = join(folder, name);
  if (existsSync(join(target, 'complete'))) return target;
  const download = join(target, 'download');
  mkdirSync(download, { recursive: true });
  execFileSync('apt-get', ['download', name], { cwd: download, stdio: 'pipe' });
  for (const file of readdirSync(download)) {
    if (file.endsWith('.deb')) execFileSync('dpkg-deb', ['-x', join(download, file), target], { stdio: 'pipe' });
  }
  mkdirSync(join(target, 'complete'));
  return target;
}

export interface DebianFiles {
  read(path: string): Uint8Array;
  /** Names in a folder. */
  list(path: string): string[];
}

/**
 * The files of a package; `kernel` stands for the cloud kernel's.
 * @returns undefined, having said so, where there is no apt, no network, or no such package
 */
export function debianPackage(name: string, test: string): DebianFiles | undefined {
  try {
    const root = unpack(name === 'kernel' ? kernelPackage() : name);
    return {
      read: (path) => new Uint8Array(readFileSync(join(root, path))),
      list: (path) => readdirSync(join(root, path)),
    };
  } catch (error) {
    console.warn(`Skipped: ${test}. It needs \`apt-get download ${name}\`: ${String(error).split('\n')[0] ?? ''}`);
    return undefined;
  }
}
