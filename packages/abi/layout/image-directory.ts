/**
 * What the linked image holds, in read-only memory, for Thread/C to read: modules, segments, symbols. Written by the linker.
 * All addresses are physical u32; strings are UTF-8 with a u32 length in front. Offsets in bytes.
 *
 * ```
 * directory
 * 0   u32 magic            "DIMG" 0x474d4944
 * 4   u32 version          IMAGE_DIRECTORY_VERSION
 * 8   u32 buildName        address of a string: version and build identity
 * 12  u32 moduleCount      16  u32 modules         address of MODULE_BYTES records
 * 20  u32 segmentCount     24  u32 segments        address of SEGMENT_BYTES records, ascending, not overlapping
 * 28  u32 functionCount    32  u32 functions       address of FUNCTION_BYTES records, ascending by address
 * 36  u32 lineCount        40  u32 lines           address of LINE_BYTES records, ascending by address
 * 44  u32 fileCount        48  u32 files           address of u32 addresses of strings (source paths)
 * 52  u32 interruptStubs   address of stub 0; stub n is at + n * INTERRUPT_STUB_BYTES
 * 56  u32 workerEntry      long-mode entry of the other cores: rdi = worker block
 * 60  u32 trampoline       address of the trampoline's code, to be copied to TRAMPOLINE
 * 64  u32 trampolineBytes
 * 68  u32 configuration    address of a string: "key=value" lines given to the image builder
 * 72  u32 workerStubs      address of stub 0 of the workers' interrupt stubs, INTERRUPT_STUB_BYTES each
 * 76  u32 controlStack     lowest byte of Thread/C's stack; the page below it is left free for a guard
 * 80  u32 controlStackBytes
 * 84  u32 trapCount        88  u32 traps           address of TRAP_BYTES records, ascending by address
 * 92  u32 reserved
 *
 * module (64 bytes)
 * 0   u32 name             address of a string
 * 4   u32 kind             MODULE_KERNEL_C, MODULE_KERNEL_W, MODULE_APPLICATION, MODULE_ASSEMBLY
 * 8   u32 globals          address of the template of its wasm globals   12  u32 globalsBytes
 * 16  u32 data             where its static data lives                   20  u32 dataBytes (zero-filled tail included)
 * 24  u32 dataInitial      pristine copy of the data's initialised part  28  u32 dataInitialBytes
 * 32  u32 start            entry of the wasm start function, 0 if none
 * 36  u32 init             entry points of an application, 0 where it exports none
 * 40  u32 poll
 * 44  u32 message
 * 48  u32 stop
 * 52  u32 stackBytes       stack the module asks for, 0 for the default
 * 56  u64 interfaceHash    of the SDK channel it was built against, 0 for the kernels
 *
 * segment (16 bytes): u32 address, u32 bytes, u32 flags (SEGMENT_EXECUTABLE | SEGMENT_WRITABLE), u32 name
 * function (16 bytes): u32 address, u32 bytes, u32 name, u32 frameBytes
 *     frameBytes: from rsp in the body to the return address, constant throughout the body; FRAME_UNKNOWN for assembly
 * line (8 bytes): u32 address, u32 (file << 20) | line; a line of 0 ends a range
 * trap (8 bytes): u32 address of an instruction that traps on purpose, u32 address of a string: why
 * ```
 */
export const IMAGE_DIRECTORY_MAGIC = 0x474d4944;
export const IMAGE_DIRECTORY_VERSION = 1;
export const DIRECTORY_MAGIC_AT = 0;
export const DIRECTORY_VERSION_AT = 4;
export const DIRECTORY_BUILD_NAME_AT = 8;
export const DIRECTORY_MODULE_COUNT_AT = 12;
export const DIRECTORY_MODULES_AT = 16;
export const DIRECTORY_SEGMENT_COUNT_AT = 20;
export const DIRECTORY_SEGMENTS_AT = 24;
export const DIRECTORY_FUNCTION_COUNT_AT = 28;
export const DIRECTORY_FUNCTIONS_AT = 32;
export const DIRECTORY_LINE_COUNT_AT = 36;
export const DIRECTORY_LINES_AT = 40;
export const DIRECTORY_FILE_COUNT_AT = 44;
export const DIRECTORY_FILES_AT = 48;
export const DIRECTORY_INTERRUPT_STUBS_AT = 52;
export const DIRECTORY_WORKER_ENTRY_AT = 56;
export const DIRECTORY_TRAMPOLINE_AT = 60;
export const DIRECTORY_TRAMPOLINE_BYTES_AT = 64;
export const DIRECTORY_CONFIGURATION_AT = 68;
export const DIRECTORY_WORKER_STUBS_AT = 72;
export const DIRECTORY_CONTROL_STACK_AT = 76;
export const DIRECTORY_CONTROL_STACK_BYTES_AT = 80;
export const DIRECTORY_TRAP_COUNT_AT = 84;
export const DIRECTORY_TRAPS_AT = 88;
export const DIRECTORY_BYTES = 96;

export const MODULE_KERNEL_C = 1;
export const MODULE_KERNEL_W = 2;
export const MODULE_APPLICATION = 3;
export const MODULE_ASSEMBLY = 4;
export const MODULE_NAME_AT = 0;
export const MODULE_KIND_AT = 4;
export const MODULE_GLOBALS_AT = 8;
export const MODULE_GLOBALS_BYTES_AT = 12;
export const MODULE_DATA_AT = 16;
export const MODULE_DATA_BYTES_AT = 20;
export const MODULE_DATA_INITIAL_AT = 24;
export const MODULE_DATA_INITIAL_BYTES_AT = 28;
export const MODULE_START_AT = 32;
export const MODULE_INIT_AT = 36;
export const MODULE_POLL_AT = 40;
export const MODULE_MESSAGE_AT = 44;
export const MODULE_STOP_AT = 48;
export const MODULE_STACK_BYTES_AT = 52;
export const MODULE_INTERFACE_HASH_AT = 56;
export const MODULE_BYTES = 64;

export const SEGMENT_EXECUTABLE = 1;
export const SEGMENT_WRITABLE = 2;
export const SEGMENT_ADDRESS_AT = 0;
export const SEGMENT_BYTES_AT = 4;
export const SEGMENT_FLAGS_AT = 8;
export const SEGMENT_NAME_AT = 12;
export const SEGMENT_BYTES = 16;

export const FUNCTION_ADDRESS_AT = 0;
export const FUNCTION_BYTES_AT = 4;
export const FUNCTION_NAME_AT = 8;
export const FUNCTION_FRAME_BYTES_AT = 12;
export const FUNCTION_BYTES = 16;
export const FRAME_UNKNOWN = -1;

export const LINE_ADDRESS_AT = 0;
export const LINE_FILE_AND_LINE_AT = 4;
export const LINE_FILE_SHIFT = 20;
export const LINE_MASK = 0xfffff;
export const LINE_BYTES = 8;

export const TRAP_ADDRESS_AT = 0;
export const TRAP_REASON_AT = 4;
export const TRAP_BYTES = 8;

export const INTERRUPT_STUB_BYTES = 16;
