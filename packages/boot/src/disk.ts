/** Lays out a disk: boot sector, disk header, loader, then the image's contents. */
import type { LinkedImage, LinkedSegment } from '@drift-os/toolchain';
import { assembleBootstrap, LOADER_SECTORS } from './bootstrap/bootstrap.ts';
import { crc32c } from './crc32c.ts';
import { type DiskSegment, SECTOR_BYTES, writeDiskHeader } from './disk-header.ts';

/** A whole number of MiB suits every disk geometry that a BIOS makes up, and qemu-img. */
const DISK_UNIT = 0x100000;
/** Empty segments that are no further apart are zeroed as one: there are only so many in the disk header. */
const JOINED_GAP = 0x10000;
const IMAGE_SECTOR = 1 + LOADER_SECTORS;

/** The image as raw disk. */
export function writeDisk(image: LinkedImage): Uint8Array {
  const { contents, segments } = imageContents(image.segments);
  const last = image.segments.at(-1);
  const { bootSector, loader, partitionSectorsAt } = assembleBootstrap();
  const header = writeDiskHeader(
    {
      imageSector: IMAGE_SECTOR,
      imageSectors: contents.length / SECTOR_BYTES,
      imageCrc: crc32c(contents),
      entry: image.entry,
      directory: image.directory,
      imageStart: image.segments[0]?.address ?? 0,
      imageEnd: last === undefined ? 0 : last.address + last.memoryBytes,
      segments,
    },
    loader,
  );
  const used = IMAGE_SECTOR * SECTOR_BYTES + contents.length;
  const disk = new Uint8Array(Math.ceil(used / DISK_UNIT) * DISK_UNIT);
  disk.set(bootSector);
  new DataView(disk.buffer).setUint32(partitionSectorsAt, disk.length / SECTOR_BYTES - 1, true);
  disk.set(header, SECTOR_BYTES);
  disk.set(loader, 2 * SECTOR_BYTES);
  disk.set(contents, IMAGE_SECTOR * SECTOR_BYTES);
  return disk;
}

/**
 * Contents of the segments, each from a new sector. Near neighbours without contents, as
 * applications' data are, become one.
 */
function imageContents(linked: readonly LinkedSegment[]): { contents: Uint8Array; segments: DiskSegment[] } {
  const segments: DiskSegment[] = [];
  const pieces: { offset: number; bytes: Uint8Array }[] = [];
  let length = 0;
  for (const { address, bytes, memoryBytes } of linked) {
    const last = segments.length - 1;
    const previous = segments[last];
    const gap = previous === undefined ? 0 : address - previous.address - previous.memoryBytes;
    if (bytes.length === 0 && previous?.fileBytes === 0 && gap < JOINED_GAP) {
      segments[last] = { ...previous, memoryBytes: address + memoryBytes - previous.address };
      continue;
    }
    segments.push({ offset: length, address, fileBytes: bytes.length, memoryBytes });
    pieces.push({ offset: length, bytes });
    length += Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES;
  }
  const contents = new Uint8Array(length);
  for (const { offset, bytes } of pieces) contents.set(bytes, offset);
  return { contents, segments };
}
