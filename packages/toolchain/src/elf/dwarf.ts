/** All debug sections of one object, addresses left open as fixups. */
import type { ObjectModule } from '../object.ts';
import type { Fixup } from './byte-writer.ts';
import { debugFrame } from './dwarf-frame.ts';
import { debugAbbrev, debugInfo } from './dwarf-info.ts';
import { debugLine } from './dwarf-line.ts';

export interface DebugSection {
  readonly name: '.debug_abbrev' | '.debug_info' | '.debug_line' | '.debug_frame';
  readonly bytes: Uint8Array;
  readonly fixups: readonly Fixup[];
}

/** Empty for an object without code. */
export function debugSections(object: ObjectModule, compilationDirectory: string): DebugSection[] {
  if (!object.sections.some((section) => section.name === 'text' && section.bytes.length > 0)) return [];
  const writers = [
    ['.debug_abbrev', debugAbbrev()],
    ['.debug_info', debugInfo(object, compilationDirectory)],
    ['.debug_line', debugLine(object)],
    ['.debug_frame', debugFrame(object)],
  ] as const;
  return writers.map(([name, out]) => ({ name, bytes: out.finish(), fixups: out.fixups }));
}
