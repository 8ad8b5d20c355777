/** What is wrong with what an image is to be built from. */

export type ImageErrorCode =
  /** A name that is empty, taken, or has characters that the configuration cannot hold. */
  | 'APPLICATION_NAME'
  /** An entry file that cannot be read, or is neither AssemblyScript nor wasm. */
  | 'APPLICATION_ENTRY'
  /** Static data of a prebuilt module where something else stands. */
  | 'APPLICATION_PLACE'
  /** `autostart` or `standOff` names what the image does not have. */
  | 'CONFIGURATION'
  /** A kernel's wasm is not there. */
  | 'KERNEL_MISSING'
  /** More wasm globals in kernel-w than a worker's block has room for. */
  | 'KERNEL_GLOBALS';

export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
