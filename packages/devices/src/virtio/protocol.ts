/** Feature bits of every virtio device, and the bits of the device status. Virtual I/O Device 1.2, 2.1 and 6. */
export const FEATURE_ANY_LAYOUT: bigint = 1n << 27n;
export const FEATURE_INDIRECT: bigint = 1n << 28n;
export const FEATURE_EVENT_INDEX: bigint = 1n << 29n;
export const FEATURE_VERSION_1: bigint = 1n << 32n;
export const STATUS_DRIVER_OK = 0x04;
export const STATUS_FEATURES_OK = 0x08;
export const STATUS_NEEDS_RESET = 0x40;
