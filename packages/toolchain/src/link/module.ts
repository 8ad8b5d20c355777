/** How each module of an image is described to Thread/C, and what the linker makes of its data and globals. */
import { MODULE_APPLICATION, MODULE_KERNEL_C } from '@drift-os/abi/layout/image-directory';
import type { ObjectModule, Section } from '../object.ts';
import type { DirectoryModule } from './directory.ts';
import { LinkError } from './link-error.ts';
import type { LinkedSymbol, PlacedObject } from './linked-image.ts';
import type { Protection } from './place.ts';
import type { SymbolTable } from './symbols.ts';

export interface LinkModule {
  /** Name of its object. */
  readonly name: string;
  /** MODULE_KERNEL_C, MODULE_KERNEL_W, MODULE_APPLICATION, MODULE_ASSEMBLY. */
  readonly kind: number;
  /** Stack that an application asks for, in bytes; 0 for the default. */
  readonly stackBytes?: number;
  /** Hash of the SDK channel it was built against. */
  readonly interfaceHash?: bigint;
}

/** Name of the object that holds the pristine copy of an application's data. */
const initialName = (module: string) => `${module} initial data`;

/**
 * Thread/C uses its globals in place. Everybody else has a block of its own, per worker or per application started, so theirs
 * are a template to copy from.
 */
export function protectionOf(modules: readonly LinkModule[]): (object: ObjectModule, section: Section) => Protection {
  const kinds = new Map(modules.map(({ name, kind }) => [name, kind]));
  return (object, section) => {
    if (section.name !== 'globals') return section.name;
    return (kinds.get(object.name) ?? MODULE_KERNEL_C) === MODULE_KERNEL_C ? 'data' : 'rodata';
  };
}

/**
 * Static data of applications is written anew at each start: its contents, up to the last byte that is not zero, move to
 * a read-only object, its place stays zero.
 *
 * @throws LinkError BAD_INPUT for a module without object, or an application with relocated or scattered data
 */
export function withPristineCopies(objects: readonly ObjectModule[], modules: readonly LinkModule[]): ObjectModule[] {
  for (const { name } of modules) {
    if (!objects.some((object) => object.name === name))
      throw new LinkError('BAD_INPUT', `module ${name} has no object`);
  }
  return objects.flatMap((object) => {
    const application = modules.some(({ name, kind }) => name === object.name && kind === MODULE_APPLICATION);
    if (!application) return [object];
    const data = dataSection(object);
    if (data === undefined || data.section.bytes.length === 0) return [object];
    const { section, index } = data;
    if (object.relocations.some((relocation) => relocation.section === index)) {
      throw new LinkError('BAD_INPUT', `${object.name}: static data of an application cannot hold addresses`);
    }
    const { bytes, zeroBytes } = section;
    const live = { ...section, bytes: new Uint8Array(), zeroBytes: bytes.length + zeroBytes };
    const initialised = bytes.findLastIndex((byte) => byte !== 0) + 1;
    if (initialised === 0) return [{ ...object, sections: object.sections.with(index, live) }];
    const initial: ObjectModule = {
      name: initialName(object.name),
      sections: [
        { name: 'rodata', bytes: bytes.subarray(0, initialised), zeroBytes: 0, alignment: 16, address: undefined },
      ],
      symbols: [],
      relocations: [],
      functions: [],
      files: [],
      lines: [],
      traps: [],
    };
    return [{ ...object, sections: object.sections.with(index, live) }, initial];
  });
}

function dataSection(object: ObjectModule): { section: Section; index: number } | undefined {
  const found = object.sections.flatMap((section, index) => (section.name === 'data' ? [{ section, index }] : []));
  if (found.length > 1) {
    throw new LinkError('BAD_INPUT', `${object.name}: the data of a module has to be one section, not ${found.length}`);
  }
  return found[0];
}

/** `M:globals` and `M:globals.end`, around the globals of module M; both 0 where it has none. */
export function moduleSymbols(placed: readonly PlacedObject[], modules: readonly LinkModule[]): LinkedSymbol[] {
  return modules.flatMap(({ name }) => {
    const { address, bytes } = globalsOf(placed, name);
    const common = { size: 0, kind: 'label', global: true, object: name } as const;
    return [
      { ...common, name: `${name}:globals`, address },
      { ...common, name: `${name}:globals.end`, address: address + bytes },
    ];
  });
}

export function directoryModule(
  module: LinkModule,
  placed: readonly PlacedObject[],
  symbols: SymbolTable,
): DirectoryModule {
  const { name, kind, stackBytes = 0, interfaceHash = 0n } = module;
  const own = placed.find(({ object }) => object.name === name);
  const data = own && dataSection(own.object);
  const dataBytes = data ? data.section.bytes.length + data.section.zeroBytes : 0;
  const initial = placed.find(({ object }) => object.name === initialName(name));
  const globals = globalsOf(placed, name);
  const address = (entry: string) => symbols.find(name, `${name}.${entry}`)?.address ?? 0;
  return {
    name,
    kind,
    globals: globals.address,
    globalsBytes: globals.bytes,
    data: (data && dataBytes > 0 && own.addresses[data.index]) || 0,
    dataBytes,
    dataInitial: initial?.addresses[0] ?? 0,
    dataInitialBytes: initial?.object.sections[0]?.bytes.length ?? 0,
    start: address('_start'),
    init: address('init'),
    poll: address('poll'),
    message: address('message'),
    stop: address('stop'),
    stackBytes,
    interfaceHash,
  };
}

function globalsOf(placed: readonly PlacedObject[], module: string): { address: number; bytes: number } {
  const own = placed.find(({ object }) => object.name === module);
  const index = own?.object.sections.findIndex((section) => section.name === 'globals') ?? -1;
  const section = own?.object.sections[index];
  if (own === undefined || section === undefined) return { address: 0, bytes: 0 };
  return { address: own.addresses[index] ?? 0, bytes: section.bytes.length + section.zeroBytes };
}
