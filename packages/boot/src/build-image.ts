/** From sources to a disk that boots: compiles, links, lays out. The same sources give the same bytes. */
import { application } from '@drift-os/abi';
import { MODULE_APPLICATION, MODULE_KERNEL_C, MODULE_KERNEL_W } from '@drift-os/abi/layout/image-directory';
import {
  type LinkModule,
  linkImage,
  type ObjectModule,
  type SectionName,
  writeElfExecutable,
} from '@drift-os/toolchain';
import { compileApplications } from './applications.ts';
import { configurationText } from './configuration.ts';
import { writeDisk } from './disk.ts';
import { CONTROL_STACK } from './entry/control-entry.ts';
import { ENTRIES, entryObjects } from './entry/entry-objects.ts';
import type { BuiltImage, BuiltModule, ImageOptions } from './image-options.ts';
import { compileKernelC, compileKernelW } from './kernels.ts';

/**
 * Builds an image of both kernels and the given applications.
 *
 * @throws ImageError for options that contradict each other, AssemblyScriptError, CompileError and LinkError for programs that do
 * not compile or do not fit together.
 */
export async function buildImage(options: ImageOptions = {}): Promise<BuiltImage> {
  const { applications = [], buildName = 'Drift', objects = [] } = options;
  const configuration = configurationText(options);
  const programs = await compileApplications(applications);
  const kernelC = await compileKernelC(options.kernelC);
  const kernelW = await compileKernelW(options.kernelW);
  const modules: LinkModule[] = [
    { name: 'kernel-c', kind: MODULE_KERNEL_C },
    { name: 'kernel-w', kind: MODULE_KERNEL_W },
    ...applications.map(({ name, stackBytes = 0 }) => ({
      name,
      kind: MODULE_APPLICATION,
      stackBytes,
      interfaceHash: application.hash,
    })),
  ];
  const image = linkImage([...entryObjects(kernelC, kernelW), kernelC, kernelW, ...programs, ...objects], {
    modules,
    buildName,
    configuration,
    entries: ENTRIES,
    controlStack: CONTROL_STACK,
  });
  return {
    disk: writeDisk(image),
    elf: writeElfExecutable(image, { compilationDirectory: options.compilationDirectory ?? '.' }),
    map: image.map,
    modules: [
      describe(kernelC, 'kernel-c'),
      describe(kernelW, 'kernel-w'),
      ...programs.map((program) => describe(program, 'application')),
    ],
  };
}

function describe({ name, sections }: ObjectModule, kind: BuiltModule['kind']): BuiltModule {
  const bytes = (wanted: SectionName) =>
    sections
      .filter((section) => section.name === wanted)
      .reduce((sum, section) => sum + section.bytes.length + section.zeroBytes, 0);
  return { name, kind, textBytes: bytes('text'), rodataBytes: bytes('rodata'), dataBytes: bytes('data') };
}
