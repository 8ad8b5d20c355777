/** The ring's layout as a C header, for peers that are written in C. */
import * as layout from '../../layout/ring.ts';

/** Every constant of layout/ring.ts as `#define DRIFT_...`; C11 or C++11, needs nothing. */
export function generateRingLayoutC(): string {
  const lines = Object.entries(layout).map(([name, value]) => `#define DRIFT_${name} 0x${value.toString(16)}u`);
  return `/* Generated from the layout of Drift's rings; the protocol is described in layout/ring.ts. */
#ifndef DRIFT_RING_LAYOUT_H
#define DRIFT_RING_LAYOUT_H

${lines.join('\n')}

#endif /* DRIFT_RING_LAYOUT_H */
`;
}
