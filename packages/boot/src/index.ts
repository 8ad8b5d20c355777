/** Boot loader and image builder. */
export { buildImage } from './build-image.ts';
export { DISK_MAGIC, type DiskHeader, type DiskSegment, SECTOR_BYTES } from './disk-header.ts';
export { type ImageFunction, imageFunctions } from './image-functions.ts';
export { ImageError, type ImageErrorCode } from './image-error.ts';
export type {
  ApplicationSource,
  BuiltImage,
  BuiltModule,
  ImageOptions,
  StandOff,
  WasmSource,
} from './image-options.ts';
