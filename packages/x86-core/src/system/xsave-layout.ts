/** Where the state components lie in an XSAVE area (SDM 1 13.4, 13.5): what CPUID leaf 0Dh tells and XSAVE does. */

export interface XsaveComponent {
  readonly number: number;
  readonly bytes: number;
  /** In the standard form. */
  readonly offset: number;
}

/** Components behind the legacy area (x87, SSE) and the header. */
export const xsaveComponents: readonly XsaveComponent[] = [
  { number: 2, bytes: 256, offset: 576 },
  { number: 9, bytes: 8, offset: 832 },
];

export const XSAVE_HEADER = 512;
export const XSAVE_HEADER_BYTES = 64;
const EXTENDED = XSAVE_HEADER + XSAVE_HEADER_BYTES;

/** Where a component begins; in the compacted form behind those before it that `components` has. */
export function xsaveOffset(number: number, components: number, compacted: boolean): number {
  let end = EXTENDED;
  for (const component of xsaveComponents) {
    if (component.number === number) return compacted ? end : component.offset;
    if ((components & (1 << component.number)) !== 0) end += component.bytes;
  }
  throw new Error(`There is no state component ${number}`);
}

/** Bytes of an area for these components. */
export function xsaveSize(components: number, compacted: boolean): number {
  let size = EXTENDED;
  for (const { number, bytes } of xsaveComponents) {
    if ((components & (1 << number)) !== 0) size = xsaveOffset(number, components, compacted) + bytes;
  }
  return size;
}
