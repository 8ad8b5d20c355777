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
 * 0x100  private state of the application's end of the private pair (a StreamPair of packages/ring), attached
 * 0x200  argument string, UTF-8, at most APPLICATION_ARGUMENT_LIMIT bytes
 * 0x400  wasm globals of the module (FS base points here), copied from the template in the image
 * then   rings of the private pair, APPLICATION_CHANNELS channel ends, heap
 *
 * channel end: given to the application in `channelGrant.end`; both use it, as they share a thread
 *   0   u32 number         of the channel, 0: not in use
 *   4   u32 doorbell       to be counted up when the peer's end sleeps
 *   8   u32 room           set by the application: call `message` when a record of so many bytes fits; 0: no need
 *   12  u32 event          private to kernel-w     16 u32 closedSeen
 *   128 private state of this end (a StreamPair), attached
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
export const APPLICATION_PAIR = 0x100;
export const APPLICATION_ARGUMENT = 0x200;
export const APPLICATION_ARGUMENT_LIMIT = 0x200;
export const APPLICATION_GLOBALS = 0x400;

/** Most channels that an instance can have at a time. */
export const APPLICATION_CHANNELS = 16;
export const CHANNEL_END_NUMBER_AT = 0;
export const CHANNEL_END_DOORBELL_AT = 4;
export const CHANNEL_END_ROOM_AT = 8;
export const CHANNEL_END_PAIR_AT = 128;
export const CHANNEL_END_BYTES = 384;
