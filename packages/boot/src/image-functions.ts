/** Reads the functions of a disk image out of its image directory, as Thread/C does: for tools that look at a guest from outside. */
import * as directory from '@drift-os/abi/layout/image-directory';
import {
  DIRECTORY_AT,
  DISK_MAGIC,
  DISK_SEGMENT_BYTES,
  IMAGE_SECTOR_AT,
  SECTOR_BYTES,
  SEGMENT_ADDRESS_AT,
  SEGMENT_COUNT_AT,
  SEGMENT_FILE_BYTES_AT,
  SEGMENT_OFFSET_AT,
  SEGMENTS_AT,
} from './disk-header.ts';

export interface ImageFunction {
  /** Physical, and linear. */
  readonly address: bigint;
  readonly bytes: number;
  readonly name: string;
  /** From RSP in the body to the return address; undefined for assembly. */
  readonly frameBytes?: number;
}

/** @returns undefined for a disk that is not an image of Drift's. @throws RangeError for one that is cut off */
export function imageFunctions(disk: Uint8Array): ImageFunction[] | undefined {
  const header = disk.subarray(SECTOR_BYTES, 2 * SECTOR_BYTES);
  if (new TextDecoder().decode(header.subarray(0, DISK_MAGIC.length)) !== DISK_MAGIC) return undefined;
  const image = new LoadedImage(disk, new DataView(header.buffer, header.byteOffset, header.length));
  const at = image.directory;
  const count = image.u32(at + directory.DIRECTORY_FUNCTION_COUNT_AT);
  const first = image.u32(at + directory.DIRECTORY_FUNCTIONS_AT);
  return Array.from({ length: count }, (_, index) => {
    const record = first + index * directory.FUNCTION_BYTES;
    const frameBytes = image.u32(record + directory.FUNCTION_FRAME_BYTES_AT) | 0;
    return {
      address: BigInt(image.u32(record + directory.FUNCTION_ADDRESS_AT)),
      bytes: image.u32(record + directory.FUNCTION_BYTES_AT),
      name: image.string(image.u32(record + directory.FUNCTION_NAME_AT)),
      ...(frameBytes === directory.FRAME_UNKNOWN ? {} : { frameBytes }),
    };
  });
}

/** The segments of a disk by the addresses that they are loaded to. */
class LoadedImage {
  readonly directory: number;
  readonly #disk: DataView;
  readonly #segments: readonly { readonly address: number; readonly bytes: number; readonly at: number }[];

  constructor(disk: Uint8Array, header: DataView) {
    this.#disk = new DataView(disk.buffer, disk.byteOffset, disk.length);
    this.directory = header.getUint32(DIRECTORY_AT, true);
    const start = header.getUint32(IMAGE_SECTOR_AT, true) * SECTOR_BYTES;
    this.#segments = Array.from({ length: header.getUint32(SEGMENT_COUNT_AT, true) }, (_, index) => {
      const at = SEGMENTS_AT + index * DISK_SEGMENT_BYTES;
      return {
        address: header.getUint32(at + SEGMENT_ADDRESS_AT, true),
        bytes: header.getUint32(at + SEGMENT_FILE_BYTES_AT, true),
        at: start + header.getUint32(at + SEGMENT_OFFSET_AT, true),
      };
    });
  }

  u32(address: number): number {
    return this.#disk.getUint32(this.#at(address), true);
  }

  /** UTF-8 with its length in front. */
  string(address: number): string {
    const { buffer, byteOffset } = this.#disk;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + this.#at(address + 4), this.u32(address)));
  }

  #at(address: number): number {
    const segment = this.#segments.find((each) => address >= each.address && address < each.address + each.bytes);
    if (segment === undefined) throw new RangeError(`the image has nothing at ${address.toString(16)}h`);
    return segment.at + address - segment.address;
  }
}
