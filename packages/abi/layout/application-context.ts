/**
 * One per running application, page-aligned, in pages issued to it: all that kernel-w and the application share besides messages.
 * `init` gets its address; FS base is APPLICATION_GLOBALS of it, so IA32_FS_BASE leads here too. The application owns none of it but
 * its globals and the heap.
 *
 * ```
 * 0x000  written by kernel-w before the start, then constant
 *   0   u32 magic          "DAPP" 0x50504144
 *   4   u32 instance       unique since boot, never 0
 *   8   u32 module         index in the image directory
 *   12  u32 worker         1, 2, ...
 *   16  u32 toApplication  private pair: ring that kernel-w writes
 *   20  u32 fromApplication  ring that the application writes
 *   24  u32 heap           first free byte of the heap  28 u32 heapBytes
 *   32  u64 tscHz          time-stamp counter's frequency
 *   40  u32 argumentBytes  at APPLICATION_ARGUMENT
 *   44  u32 contextBytes   whole pages, the heap included
 *   48  u32 imageDirectory
 *   52  u32 globalsBytes
 * 0x080  kernel-w's record of the instance: private to kernel-w
 * 0x200  argument string, UTF-8, at most APPLICATION_ARGUMENT_LIMIT bytes
 * 0x400  wasm globals of the module (FS base points here), copied from the template in the image
 * then   rings of the private pair, kernel-w's table of the instance's channels, heap
 * ```
 */
export const APPLICATION_MAGIC = 0x50504144;
export const APPLICATION_MAGIC_AT = 0x00;
export const APPLICATION_INSTANCE_AT = 0x04;
export const APPLICATION_MODULE_AT = 0x08;
export const APPLICATION_WORKER_AT = 0x0c;
export const APPLICATION_TO_APPLICATION_AT = 0x10;
export const APPLICATION_FROM_APPLICATION_AT = 0x14;
export const APPLICATION_HEAP_AT = 0x18;
export const APPLICATION_HEAP_BYTES_AT = 0x1c;
export const APPLICATION_TSC_HZ_AT = 0x20;
export const APPLICATION_ARGUMENT_BYTES_AT = 0x28;
export const APPLICATION_CONTEXT_BYTES_AT = 0x2c;
export const APPLICATION_IMAGE_DIRECTORY_AT = 0x30;
export const APPLICATION_GLOBALS_BYTES_AT = 0x34;
export const APPLICATION_RECORD = 0x80;
export const APPLICATION_RECORD_BYTES = 0x180;
export const APPLICATION_ARGUMENT = 0x200;
export const APPLICATION_ARGUMENT_LIMIT = 0x200;
export const APPLICATION_GLOBALS = 0x400;
