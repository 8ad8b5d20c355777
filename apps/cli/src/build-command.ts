/** `drift build`: applications and kernels to a disk image. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { type BuiltImage, buildImage, type ImageOptions } from '@drift-os/boot';
import { applicationsOf } from './applications.ts';
import { readArguments } from './command-line.ts';
import { EXIT_OK, UsageError } from './exit-codes.ts';
import { imageSettings } from './image-settings.ts';
import { formatBytes, print, printJson } from './output.ts';
import { version } from './version.ts';

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  elf: { type: 'boolean' },
  map: { type: 'boolean' },
  start: { type: 'string', multiple: true },
  'stand-off': { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

/** Builds an image of files and examples, of all examples when `words` is empty. */
export async function buildFrom(
  words: readonly string[],
  settings: Pick<ImageOptions, 'autostart' | 'standOff'> = {},
): Promise<BuiltImage> {
  const applications = await applicationsOf(words);
  for (const { entry } of applications) {
    await access(entry).catch(() => {
      throw new UsageError(`There is no file ${entry}.`, 'build');
    });
  }
  return buildImage({ ...settings, applications, buildName: await version() });
}

export async function buildCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('build', args, OPTIONS);
  const path = given.value('output') ?? 'drift.img';
  const stem = path.slice(0, path.length - extname(path).length);
  const begun = performance.now();
  const image = await buildFrom(given.positionals, imageSettings(given));
  const files: Record<string, Uint8Array | string> = { [path]: image.disk };
  if (given.flag('elf')) files[`${stem}.elf`] = image.elf;
  if (given.flag('map')) files[`${stem}.map`] = image.map;
  for (const [file, contents] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
  }
  const milliseconds = Math.round(performance.now() - begun);
  if (given.flag('json')) {
    await printJson({ files: Object.keys(files), bytes: image.disk.length, modules: image.modules, milliseconds });
  } else {
    await print(`${summary(image)}Wrote ${Object.keys(files).join(', ')} in ${(milliseconds / 1000).toFixed(1)} s.\n`);
  }
  return EXIT_OK;
}

/** A line for each module: what it is and how big its parts are. */
function summary({ modules }: BuiltImage): string {
  const width = Math.max(...modules.map(({ name }) => name.length));
  return modules
    .map(({ name, textBytes, rodataBytes, dataBytes }) => {
      const sizes = `${formatBytes(textBytes)} of code, ${formatBytes(rodataBytes + dataBytes)} of data`;
      return `${name.padEnd(width)}  ${sizes}\n`;
    })
    .join('');
}
