/** `drift run`: boots an image, with the shell on the terminal or under a script. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkBootable, HypervisorError } from '@drift-os/hypervisor';
import { type Machine, MachineError } from '@drift-os/machine';
import { type Arguments, readArguments, readChoice, readNumber } from './command-line.ts';
import { EXIT_OK, EXIT_TIMEOUT, exitCodeOf, UsageError } from './exit-codes.ts';
import { type Guest, guestOnHypervisor, guestOnMachine, type Outcome } from './guest.ts';
import { print, printJson } from './output.ts';
import { Progress } from './progress.ts';
import { prepareHypervisor } from './run-on-hypervisor.ts';
import { Observers } from './observers.ts';
import { machineOptions, startMachine } from './run-on-machine.ts';
import { runScript, type Step, stepsOf } from './script.ts';

const OPTIONS = {
  on: { type: 'string' },
  cores: { type: 'string' },
  memory: { type: 'string' },
  machine: { type: 'string' },
  accel: { type: 'string' },
  cpu: { type: 'string' },
  bios: { type: 'string' },
  'vga-bios': { type: 'string' },
  kernel: { type: 'string' },
  initrd: { type: 'string' },
  append: { type: 'string' },
  deterministic: { type: 'boolean' },
  'no-jit': { type: 'boolean' },
  execution: { type: 'string' },
  screenshot: { type: 'string' },
  expect: { type: 'string', multiple: true },
  send: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  gdb: { type: 'string' },
  trace: { type: 'string' },
  profile: { type: 'string' },
  'profile-interval': { type: 'string' },
  'profile-by': { type: 'string' },
  symbols: { type: 'string' },
  times: { type: 'boolean' },
  'no-restart': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** A script that says nothing about time may take this long, in seconds. */
const SCRIPT_TIMEOUT = 60;
const PROMPT = 'drift> ';
/** How long piped input is kept for a prompt, in milliseconds. */
const PROMPT_TIMEOUT = 120_000;

export async function runCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('run', args, OPTIONS);
  const [image] = given.positionals;
  if (given.positionals.length > 1) throw new UsageError('run takes one image.', 'run');
  if (image !== undefined && !existsSync(image)) throw new UsageError(`There is no file ${image}.`, 'run');
  const on = readChoice('run', 'on', given.value('on'), ['drift', 'qemu', 'bochs']) ?? 'drift';
  const steps = stepsOf(given.uses);
  const seconds =
    readNumber('run', 'timeout', given.value('timeout')) ?? (steps.length > 0 ? SCRIPT_TIMEOUT : undefined);
  const json = given.flag('json');
  const onTerminal = on !== 'bochs' && steps.length === 0 && seconds === undefined && !json && process.stdin.isTTY;
  using progress = new Progress();
  const attendance = { steps, seconds, onTerminal, echo: !json, progress };
  const prepare = on === 'drift' ? prepareMachine(given, onTerminal, progress) : prepareForeign(given, on, onTerminal);
  const start = await prepare;
  if (image !== undefined && !given.flag('bios')) await checkBootable(image);
  const begun = performance.now();
  await using guest = await start(image);
  const outcome = await attend(guest, { ...attendance, begun });
  progress.end();
  await guest.finish?.();
  if (json) {
    const milliseconds = Math.round(performance.now() - begun);
    await printJson({ ...outcome, milliseconds, commandLine: guest.commandLine, output: guest.output });
  } else if (outcome.exitCode !== EXIT_OK) {
    process.stderr.write(`\n${outcome.reason}\n`);
  }
  return outcome.exitCode;
}

/** Boots an image, or what else the options say. */
type Start = (image: string | undefined) => Promise<Guest>;

async function prepareForeign(given: Arguments, on: 'qemu' | 'bochs', onTerminal: boolean): Promise<Start> {
  for (const option of [
    'bios',
    'vga-bios',
    'kernel',
    'initrd',
    'append',
    'deterministic',
    'no-jit',
    'execution',
    'screenshot',
    'trace',
    'profile',
    'profile-interval',
    'profile-by',
    'symbols',
    'times',
  ]) {
    if (given.flag(option)) throw new UsageError(`--${option} is for Drift's own machine, without --on ${on}.`, 'run');
  }
  const start = await prepareHypervisor(given, on, onTerminal);
  return async (image) => guestOnHypervisor(await start(image ?? (await imageOfExamples())));
}

async function prepareMachine(given: Arguments, onTerminal: boolean, progress: Progress): Promise<Start> {
  const options = await machineOptions(given);
  const observers = new Observers(given);
  const screenshot = given.value('screenshot');
  if (screenshot !== undefined && !existsSync(dirname(resolve(screenshot)))) {
    throw new UsageError(`--screenshot: there is no folder ${dirname(screenshot)}.`, 'run');
  }
  return async (image) => {
    let disk: string | Uint8Array | undefined = image;
    if (disk === undefined && options.linux === undefined) {
      progress.show('Building the image of the examples ...');
      disk = await imageOfExamples();
      progress.end();
    }
    observers.imageIsThere();
    const machine = await startMachine({ ...options, ...observers.machineOptions }, disk);
    await observers.attach(machine, disk);
    if (onTerminal) {
      const { attachTerminal } = await import('@drift-os/machine/node');
      process.stderr.write('Ctrl-A x ends the machine, Ctrl-A h lists other keys.\n');
      const write = (text: string): boolean => {
        progress.end();
        return process.stdout.write(text);
      };
      void attachTerminal(machine, { input: process.stdin, output: { write } });
    }
    if (!observers.waits) progress.follow((seconds) => progressOf(machine, seconds));
    const finish = async (): Promise<void> => {
      if (screenshot === undefined) return;
      const picture = machine.screenshot();
      if (picture === undefined) throw new UsageError('--screenshot: the screen of the machine is off.', 'run');
      const { encode } = await import('fast-png');
      const { width, height, pixels } = picture;
      await writeFile(screenshot, encode({ width, height, data: pixels })).catch((error: unknown) => {
        throw new UsageError(`--screenshot: ${error instanceof Error ? error.message : String(error)}`, 'run');
      });
    };
    const close = async (): Promise<void> => {
      await observers[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    };
    return Object.assign(guestOnMachine(machine), { finish, [Symbol.asyncDispose]: close });
  };
}

function progressOf({ cores }: Machine, seconds: number): string {
  const millions = cores.reduce((sum, core) => sum + core.instructions, 0) / 1e6;
  return `Nothing on the serial line yet: ${seconds.toFixed(0)} s, ${millions.toFixed(0)} million instructions`;
}

/** Loaded when needed: an image that is there needs no compiler. */
async function imageOfExamples(): Promise<Uint8Array> {
  const { buildFrom } = await import('./build-command.ts');
  return (await buildFrom([])).disk;
}

interface Attendance {
  readonly steps: readonly Step[];
  readonly seconds: number | undefined;
  readonly onTerminal: boolean;
  readonly echo: boolean;
  readonly progress: Progress;
  readonly begun: number;
}

/** Stays with the machine until its script is done, it ends, or its time is up. */
async function attend(guest: Guest, attendance: Attendance): Promise<Outcome> {
  const { steps, seconds, begun } = attendance;
  if (!attendance.onTerminal) void followOutput(guest, attendance);
  if (!attendance.onTerminal && steps.length === 0) forwardInput(guest).catch(() => {});
  if (steps.length === 0) {
    return (await endOf(guest, seconds)) ?? timedOut(seconds ?? 0);
  }
  try {
    await runScript(guest, steps, begun + (seconds ?? SCRIPT_TIMEOUT) * 1000);
    return { ok: true, exitCode: EXIT_OK, reason: 'everything expected was seen' };
  } catch (error) {
    if (!(error instanceof HypervisorError || error instanceof MachineError)) throw error;
    // The error tells what was left of the time for its step.
    const all = `within ${seconds ?? SCRIPT_TIMEOUT} seconds of the start`;
    return { ok: false, exitCode: exitCodeOf(error), reason: error.message.replace(/within \d+ ms/, all) };
  }
}

async function followOutput(guest: Guest, { echo, progress }: Attendance): Promise<void> {
  for await (const chunk of guest.serial) {
    progress.end();
    if (echo) await print(chunk);
  }
}

/** What is piped into `drift run` is typed in the guest, once its shell has prompted for it. */
async function forwardInput(guest: Guest): Promise<void> {
  await guest.waitFor(PROMPT, { timeout: PROMPT_TIMEOUT });
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    void guest.send(text.replaceAll('\n', '\r'));
  });
  // A pipe that somebody keeps open must not keep this process after the machine ended. A file has no `unref`.
  (process.stdin as { unref?: () => void }).unref?.();
}

/** How the guest ended by itself; undefined when `seconds` are over first. */
async function endOf(guest: Guest, seconds: number | undefined): Promise<Outcome | undefined> {
  if (seconds === undefined) return guest.outcome;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), seconds * 1000);
  });
  const outcome = await Promise.race([guest.outcome, timeout]);
  clearTimeout(timer);
  return outcome;
}

function timedOut(seconds: number): Outcome {
  return { ok: false, exitCode: EXIT_TIMEOUT, reason: `The guest still ran after ${seconds} seconds; it was ended.` };
}
