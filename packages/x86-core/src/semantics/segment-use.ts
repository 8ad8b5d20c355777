/** How a segment counts in an address: SDM 3A 3.4.4, 5.3.1. */
import type { Segmentation } from './operand-shape.ts';

const FS = 4;
/** ES, SS, DS: what `flat` speaks of. */
const flatSegments = [0, 2, 3];

export function segmentUse(segmentation: Segmentation, segment: number): 'none' | 'base' | 'limited' {
  if (segmentation === 'long') return segment >= FS ? 'base' : 'none';
  return segmentation === 'flat' && flatSegments.includes(segment) ? 'none' : 'limited';
}
