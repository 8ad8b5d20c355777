/** What only Node has: disks in files. */
export { FileDisk } from './file-disk.ts';
