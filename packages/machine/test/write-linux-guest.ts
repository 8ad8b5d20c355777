/** Writes `vmlinuz` and `initrd` of the Linux guest into the folder that is its argument: for benchmarks of other programs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linuxGuest } from './linux-guest.ts';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('usage: write-linux-guest.ts FOLDER');
const guest = linuxGuest('Linux');
if (guest === undefined) process.exitCode = 1;
else {
  writeFileSync(join(folder, 'vmlinuz'), guest.kernel);
  writeFileSync(join(folder, 'initrd'), guest.initrd);
}
