/** `drift build`'s --start and --stand-off: what Thread/C is told by the image. */
import type { ImageOptions, StandOff } from '@drift-os/boot';
import type { Arguments } from './command-line.ts';
import { UsageError } from './exit-codes.ts';

/** @throws UsageError for a setting that is not of the form that `drift build --help` gives. */
export function imageSettings(given: Arguments): Pick<ImageOptions, 'autostart' | 'standOff'> {
  const values = (option: string): string[] =>
    given.uses.flatMap(({ name, value }) => (name === option ? (value ?? []) : []));
  return { autostart: values('start').map(readStart), standOff: values('stand-off').map(readStandOff) };
}

/** `APP` or `APP@WORKER`. */
function readStart(text: string): { application: string; worker?: number } {
  const [, application = '', worker] = /^([^@]+)(?:@([1-9]\d*))?$/.exec(text) ?? [];
  if (application === '') throw new UsageError(`--start is '${text}'; it must be APP or APP@WORKER.`, 'build');
  return worker === undefined ? { application } : { application, worker: Number(worker) };
}

/** `SPIN,PAUSE,LIMIT,MWAIT,MICROSECONDS` or `WORKER:` in front of it. */
function readStandOff(text: string): StandOff & { worker?: number } {
  const [, worker, numbers = ''] = /^(?:([1-9]\d*):)?(-?\d+,-?\d+,\d+,[01],\d+)$/.exec(text) ?? [];
  if (numbers === '') {
    const form = 'SPIN,PAUSE,LIMIT,MWAIT,MICROSECONDS, with WORKER: in front for one worker';
    throw new UsageError(`--stand-off is '${text}'; it must be ${form}.`, 'build');
  }
  const [spin = 0, pause = 0, limit = 0, mwait = 0, timed = 0] = numbers.split(',').map(Number);
  const settings: StandOff = {
    spinTurns: spin,
    pauseTurns: pause,
    pauseLimit: limit,
    mwait: mwait === 1,
    timedMicroseconds: timed,
  };
  return worker === undefined ? settings : { ...settings, worker: Number(worker) };
}
