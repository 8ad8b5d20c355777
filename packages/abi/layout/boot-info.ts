/**
 * What the loader tells `Kmain/C`: one page at BOOT_INFO (memory-map.ts), little-endian.
 *
 * ```
 * 0   u32 magic            "DRFT" 0x54465244
 * 4   u32 version          BOOT_INFO_VERSION
 * 8   u32 bootDrive        BIOS drive number (DL at entry)
 * 12  u32 e820Count        entries in the list below, at most E820_MAXIMUM
 * 16  u64 imageDirectory   physical address of the image directory (image-directory.ts)
 * 24  u64 imageStart       first byte that the image occupies once loaded
 * 32  u64 imageEnd         one past the last, zero-filled part included
 * 40  u64 loaderTsc        time-stamp counter when the boot sector began
 * 48  u64 reserved
 * 64  e820[]               E820_ENTRY_BYTES each: u64 base, u64 length, u32 type, u32 attributes (ACPI 6.5, 15)
 * ```
 */
export const BOOT_INFO_MAGIC = 0x54465244;
export const BOOT_INFO_VERSION = 1;
export const BOOT_INFO_MAGIC_AT = 0;
export const BOOT_INFO_VERSION_AT = 4;
export const BOOT_INFO_DRIVE_AT = 8;
export const BOOT_INFO_E820_COUNT_AT = 12;
export const BOOT_INFO_IMAGE_DIRECTORY_AT = 16;
export const BOOT_INFO_IMAGE_START_AT = 24;
export const BOOT_INFO_IMAGE_END_AT = 32;
export const BOOT_INFO_LOADER_TSC_AT = 40;
export const BOOT_INFO_E820_AT = 64;
export const E820_ENTRY_BYTES = 24;
export const E820_BASE_AT = 0;
export const E820_LENGTH_AT = 8;
export const E820_TYPE_AT = 16;
export const E820_ATTRIBUTES_AT = 20;
export const E820_MAXIMUM = 128;
export const E820_USABLE = 1;
export const E820_RESERVED = 2;
export const E820_ACPI_RECLAIMABLE = 3;
export const E820_ACPI_NVS = 4;
export const E820_BAD = 5;
