/** Debian's kernel and an initramfs that comes to a busybox shell on the serial line, and says `ready` there. */
import { debianPackage } from './debian.ts';
import { initramfs, type InitramfsFile } from './initramfs.ts';

export interface LinuxGuest {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
}

const applets = ['sh', 'mount', 'cat', 'awk', 'sha256sum', 'insmod', 'dd', 'grep', 'sync', 'uname', 'ip', 'ping'];

const init = (modules: readonly string[]): string => `#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in ${modules.map(fileName).join(' ')}; do insmod /modules/$module; done
echo ready
exec sh
`;

/**
 * @param modules of the kernel, by their paths below `kernel`, without `.ko`, in the order in which they are inserted
 * @returns undefined, having said so, where the packages cannot be had
 */
export function linuxGuest(test: string, modules: readonly string[] = []): LinuxGuest | undefined {
  const kernel = debianPackage('kernel', test);
  const busybox = kernel && debianPackage('busybox-static', test);
  if (kernel === undefined || busybox === undefined) return undefined;
  const [version = ''] = kernel.list('lib/modules');
  const files: InitramfsFile[] = [
    ...['bin', 'dev', 'proc', 'modules'].map((path) => ({ path, mode: 0o40755 })),
    { path: 'dev/console', mode: 0o20600, device: [5, 1] },
    { path: 'bin/busybox', mode: 0o100755, contents: busybox.read('bin/busybox') },
    ...applets.map((name) => ({ path: `bin/${name}`, mode: 0o120777, contents: 'busybox' })),
    { path: 'init', mode: 0o100755, contents: init(modules) },
    ...modules.map((name) => ({
      path: `modules/${fileName(name)}`,
      mode: 0o100644,
      contents: kernel.read(`lib/modules/${version}/kernel/${name}.ko`),
    })),
  ];
  const [image = ''] = kernel.list('boot').filter((name) => name.startsWith('vmlinuz'));
  return { kernel: kernel.read(`boot/${image}`), initrd: initramfs(files) };
}

function fileName(module: string): string {
  return `${module.replace(/.*\//, '')}.ko`;
}
