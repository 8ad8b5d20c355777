/**
 * The configuration that an image carries to Thread/C: lines of `key=value`, a key may come again.
 *
 * ```
 * standOff=WORKER:SPIN,PAUSE,LIMIT,MWAIT,TIMED   in the order of STAND_OFF_*_AT (worker-block.ts); worker 0: every worker
 * autostart=APPLICATION@WORKER                   worker 0: wherever least is running
 * channelCapacity=BYTES
 * ```
 */
import { ImageError } from './image-error.ts';
import type { ImageOptions } from './image-options.ts';

/** @throws ImageError CONFIGURATION, APPLICATION_NAME */
export function configurationText(options: ImageOptions): string {
  const { applications = [], autostart = [], standOff = [], channelCapacity } = options;
  const names = new Set<string>(['kernel-c', 'kernel-w', 'entry', 'gate']);
  for (const { name } of applications) {
    if (!/^[\w.-]+$/.test(name)) {
      throw new ImageError('APPLICATION_NAME', `"${name}" is no name for an application: use letters, digits, - _ .`);
    }
    if (names.has(name)) throw new ImageError('APPLICATION_NAME', `two modules are named ${name}: rename one`);
    names.add(name);
  }
  const lines: string[] = [];
  for (const { worker = 0, spinTurns, pauseTurns, pauseLimit, mwait, timedMicroseconds } of standOff) {
    const values = [spinTurns, pauseTurns, pauseLimit, mwait ? 1 : 0, timedMicroseconds];
    if (values.some((value) => !Number.isInteger(value) || value < -1 || value > 0x7fffffff)) {
      throw new ImageError('CONFIGURATION', `stand-off ${values.join(', ')}: whole numbers from -1 to 2147483647`);
    }
    lines.push(`standOff=${workerNumber(worker)}:${values.join(',')}`);
  }
  for (const { application, worker = 0 } of autostart) {
    if (!applications.some(({ name }) => name === application)) {
      throw new ImageError('CONFIGURATION', `autostart: no application ${application} in this image`);
    }
    lines.push(`autostart=${application}@${workerNumber(worker)}`);
  }
  if (channelCapacity !== undefined) {
    if (!(channelCapacity >= 4096 && channelCapacity <= 0x1000000 && Number.isInteger(Math.log2(channelCapacity)))) {
      throw new ImageError('CONFIGURATION', `channelCapacity ${channelCapacity}: a power of two from 4096 to 16777216`);
    }
    lines.push(`channelCapacity=${channelCapacity}`);
  }
  return lines.join('\n');
}

function workerNumber(worker: number): number {
  if (Number.isInteger(worker) && worker >= 0 && worker <= 255) return worker;
  throw new ImageError('CONFIGURATION', `worker ${worker}: workers are 1 to 255`);
}
