/**
 * The disk header: the sector behind the boot sector, which tells the loader what to load. Little-endian.
 *
 * ```
 * 0   u8[8] magic          "DRIFTDSK"
 * 8   u32 loaderCrc        CRC-32C of everything behind this field, up to the end of the loader's last sector
 * 12  u32 imageSector      LBA of the image's first sector
 * 16  u32 imageSectors     its length; the segments' contents follow each other in it, each from a new sector
 * 20  u32 imageCrc         CRC-32C of those sectors
 * 24  u32 entry            long-mode entry
 * 28  u32 directory        address of the image directory
 * 32  u32 imageStart       lowest address that a segment occupies
 * 36  u32 imageEnd         one past the highest
 * 40  u32 segmentCount     at most DISK_SEGMENTS_MAXIMUM
 * 44  u32 version          DISK_VERSION
 * 48  segments, 16 bytes each:
 *       u32 offset         of its contents from the image's first sector, in bytes
 *       u32 address        where they go, at or above 1 MiB
 *       u32 fileBytes      length of the contents
 *       u32 memoryBytes    length in memory; the rest is zero
 * ```
 */
import { crc32c } from './crc32c.ts';

export const SECTOR_BYTES = 512;
export const DISK_VERSION = 1;
export const DISK_MAGIC = 'DRIFTDSK';
export const LOADER_CRC_AT = 8;
export const IMAGE_SECTOR_AT = 12;
export const IMAGE_SECTORS_AT = 16;
export const IMAGE_CRC_AT = 20;
export const ENTRY_AT = 24;
export const DIRECTORY_AT = 28;
export const IMAGE_START_AT = 32;
export const IMAGE_END_AT = 36;
export const SEGMENT_COUNT_AT = 40;
export const VERSION_AT = 44;
export const SEGMENTS_AT = 48;
export const SEGMENT_OFFSET_AT = 0;
export const SEGMENT_ADDRESS_AT = 4;
export const SEGMENT_FILE_BYTES_AT = 8;
export const SEGMENT_MEMORY_BYTES_AT = 12;
export const DISK_SEGMENT_BYTES = 16;
export const DISK_SEGMENTS_MAXIMUM = 28;

export interface DiskSegment {
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

export interface DiskHeader {
  readonly imageSector: number;
  readonly imageSectors: number;
  readonly imageCrc: number;
  readonly entry: number;
  readonly directory: number;
  readonly imageStart: number;
  readonly imageEnd: number;
  readonly segments: readonly DiskSegment[];
}

/** The header as a sector. `loader` are the sectors behind it. @throws RangeError for more than DISK_SEGMENTS_MAXIMUM segments. */
export function writeDiskHeader(header: DiskHeader, loader: Uint8Array): Uint8Array {
  const { segments } = header;
  if (segments.length > DISK_SEGMENTS_MAXIMUM) {
    throw new RangeError(`${segments.length} segments, the disk header has room for ${DISK_SEGMENTS_MAXIMUM}`);
  }
  const sectors = new Uint8Array(SECTOR_BYTES + loader.length);
  const view = new DataView(sectors.buffer);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  sectors.set(new TextEncoder().encode(DISK_MAGIC));
  u32(IMAGE_SECTOR_AT, header.imageSector);
  u32(IMAGE_SECTORS_AT, header.imageSectors);
  u32(IMAGE_CRC_AT, header.imageCrc);
  u32(ENTRY_AT, header.entry);
  u32(DIRECTORY_AT, header.directory);
  u32(IMAGE_START_AT, header.imageStart);
  u32(IMAGE_END_AT, header.imageEnd);
  u32(SEGMENT_COUNT_AT, segments.length);
  u32(VERSION_AT, DISK_VERSION);
  for (const [index, segment] of segments.entries()) {
    const at = SEGMENTS_AT + index * DISK_SEGMENT_BYTES;
    u32(at + SEGMENT_OFFSET_AT, segment.offset);
    u32(at + SEGMENT_ADDRESS_AT, segment.address);
    u32(at + SEGMENT_FILE_BYTES_AT, segment.fileBytes);
    u32(at + SEGMENT_MEMORY_BYTES_AT, segment.memoryBytes);
  }
  sectors.set(loader, SECTOR_BYTES);
  u32(LOADER_CRC_AT, crc32c(sectors.subarray(LOADER_CRC_AT + 4)));
  return sectors.slice(0, SECTOR_BYTES);
}
