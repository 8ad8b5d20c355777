/** Joins object modules into the one image that is Drift: places, resolves, relocates, and writes the image directory. */
import {
  IMAGE,
  KERNEL_C_DATA,
  KERNEL_C_DATA_LIMIT,
  KERNEL_W_DATA,
  KERNEL_W_DATA_LIMIT,
} from '@drift-os/abi/layout/memory-map';
import type { ObjectModule } from '../object.ts';
import { writeDirectory } from './directory.ts';
import { LinkError } from './link-error.ts';
import type { LinkedImage, LinkedSegment } from './linked-image.ts';
import { mapText } from './map-file.ts';
import { directoryModule, type LinkModule, moduleSymbols, protectionOf, withPristineCopies } from './module.ts';
import { placeSections, roundUp, type SegmentPlan } from './place.ts';
import { relocate } from './relocate.ts';
import { collectSymbols } from './symbols.ts';

export interface LinkOptions {
  /** Modules in the order of the directory; their objects are found by name. */
  readonly modules: readonly LinkModule[];
  /** Version and identity of the build. */
  readonly buildName: string;
  /** `key=value` lines for Thread/C. */
  readonly configuration: string;
  /** Global symbols that the image is entered by or that the directory points to. */
  readonly entries: {
    /** Where the loader jumps to. */
    readonly start: string;
    readonly interruptStubs: string;
    readonly workerStubs: string;
    readonly workerEntry: string;
    readonly trampoline: string;
    readonly trampolineEnd: string;
  };
  /** Thread/C's stack, lowest byte and size; the page below is kept free for a guard. */
  readonly controlStack: { readonly address: number; readonly bytes: number };
  /** First address given out. Default: IMAGE of the memory map. */
  readonly base?: number;
}

const DATA_LIMITS = [
  { owner: 'kernel-c', address: KERNEL_C_DATA, limit: KERNEL_C_DATA_LIMIT },
  { owner: 'kernel-w', address: KERNEL_W_DATA, limit: KERNEL_W_DATA_LIMIT },
];

/**
 * Links the image.
 *
 * @throws LinkError with a code for everything that can be wrong with the objects.
 */
export function linkImage(objects: readonly ObjectModule[], options: LinkOptions): LinkedImage {
  const all = withPristineCopies(objects, options.modules);
  checkDataLimits(all);
  const placement = placeSections(all, options.base ?? IMAGE, protectionOf(options.modules));
  const placed = placement.objects;
  const symbols = collectSymbols(placed, moduleSymbols(placed, options.modules));
  const contents = relocate(placed, symbols);

  const address = (name: string): number => {
    const symbol = symbols.find('', name);
    if (symbol === undefined)
      throw new LinkError('UNDEFINED_SYMBOL', `no object defines ${name}, an entry of the image`);
    return symbol.address;
  };
  const { entries, controlStack } = options;
  const plans = placement.segments.filter(
    (plan, index) => plan.members.length > 0 || index === placement.segments.length - 1,
  );
  const directory = roundUp(plans.at(-1)?.end ?? 0, 16);
  const directoryBytes = writeDirectory(directory, {
    buildName: options.buildName,
    configuration: options.configuration,
    modules: options.modules.map((module) => directoryModule(module, placed, symbols)),
    segments: plans.map((plan) => ({ ...plan, bytes: plan.end - plan.address })),
    objects: placed,
    interruptStubs: address(entries.interruptStubs),
    workerStubs: address(entries.workerStubs),
    workerEntry: address(entries.workerEntry),
    trampoline: address(entries.trampoline),
    trampolineBytes: address(entries.trampolineEnd) - address(entries.trampoline),
    controlStack: controlStack.address,
    controlStackBytes: controlStack.bytes,
  });

  const segments = plans.map((plan, index) => {
    const last = index === plans.length - 1;
    const end = last ? directory + directoryBytes.length : plan.end;
    const segment = fillSegment(plan, end, contents);
    if (last) segment.bytes.set(directoryBytes, directory - plan.address);
    return segment;
  });
  const entry = address(entries.start);
  return {
    segments,
    entry,
    directory,
    objects: placed,
    symbols: symbols.all,
    map: mapText(segments, placed, symbols.all),
  };
}

function fillSegment(plan: SegmentPlan, end: number, contents: readonly Uint8Array[][]): LinkedSegment {
  const { name, address, flags, members } = plan;
  const filled = members
    .map((member) => ({ at: member.address - address, contents: contents[member.object]?.[member.section] ?? [] }))
    .filter((part) => part.contents.length > 0);
  const last = Math.max(0, ...filled.map((part) => part.at + part.contents.length));
  const bytes = new Uint8Array(plan.end === end ? last : end - address);
  for (const part of filled) bytes.set(part.contents, part.at);
  return { name, address, bytes, memoryBytes: end - address, flags };
}

/** Kernels run on memory base 0 with their static data at a fixed place, which the other kernel's place ends. */
function checkDataLimits(objects: readonly ObjectModule[]): void {
  for (const object of objects) {
    for (const { address, bytes, zeroBytes } of object.sections) {
      const area = DATA_LIMITS.find(
        (limit) => address !== undefined && address >= limit.address && address < limit.address + limit.limit,
      );
      if (area === undefined || address === undefined) continue;
      const excess = address + bytes.length + zeroBytes - (area.address + area.limit);
      if (excess > 0) {
        throw new LinkError(
          'DATA_LIMIT',
          `${object.name}: static data at 0x${address.toString(16)} is ${excess} bytes too long; ` +
            `${area.owner} has 0x${area.limit.toString(16)} bytes from 0x${area.address.toString(16)} (memory-map.ts)`,
        );
      }
    }
  }
}
