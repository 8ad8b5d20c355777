/** `drift run`: boots an image, with the shell on the terminal or under a script. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { checkBootable, HypervisorError } from '@drift-os/hypervisor';
import { MachineError } from '@drift-os/machine';
import { type Arguments, readArguments, readChoice, readNumber } from './command-line.ts';
import { EXIT_OK, EXIT_TIMEOUT, exitCodeOf, UsageError } from './exit-codes.ts';
import { type Guest, guestOnHypervisor, guestOnMachine, type Outcome } from './guest.ts';
import { print, printJson } from './output.ts';
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
  screenshot: { type: 'string' },
  expect: { type: 'string', multiple: true },
  send: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  gdb: { type: 'string' },
  trace: { type: 'string' },
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
  const attendance = { steps, seconds, onTerminal, echo: !json };
  const start = on === 'drift' ? await prepareMachine(given, onTerminal) : await prepareForeign(given, on, onTerminal);
  if (image !== undefined && !given.flag('bios')) await checkBootable(image);
  const begun = performance.now();
  await using guest = await start(image);
  const outcome = await attend(guest, { ...attendance, begun });
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
    'screenshot',
    'trace',
    'times',
  ]) {
    if (given.flag(option)) throw new UsageError(`--${option} is for Drift's own machine, without --on ${on}.`, 'run');
  }
  const start = await prepareHypervisor(given, on, onTerminal);
  return async (image) => guestOnHypervisor(await start(image ?? (await imageOfExamples())));
}

async function prepareMachine(given: Arguments, onTerminal: boolean): Promise<Start> {
  const options = await machineOptions(given);
  const observers = new Observers(given);
  const screenshot = given.value('screenshot');
  return async (image) => {
    const disk = image ?? (options.linux === undefined ? await imageOfExamples() : undefined);
    observers.imageIsThere();
    const machine = await startMachine({ ...options, ...observers.machineOptions }, disk);
    await observers.attach(machine);
    if (onTerminal) {
      const { attachTerminal } = await import('@drift-os/machine/node');
      process.stderr.write('Ctrl-A x ends the machine, Ctrl-A h lists other keys.\n');
      void attachTerminal(machine);
    }
    const finish = async (): Promise<void> => {
      if (screenshot === undefined) return;
      const picture = machine.screenshot();
      if (picture === undefined) throw new UsageError('--screenshot: the screen of the machine is off.', 'run');
      const { encode } = await import('fast-png');
      await writeFile(screenshot, encode({ width: picture.width, height: picture.height, data: picture.pixels }));
    };
    const close = async (): Promise<void> => {
      await observers[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    };
    return Object.assign(guestOnMachine(machine), { finish, [Symbol.asyncDispose]: close });
  };
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
  readonly begun: number;
}

/** Stays with the machine until its script is done, it ends, or its time is up. */
async function attend(guest: Guest, attendance: Attendance): Promise<Outcome> {
  const { steps, seconds, begun } = attendance;
  if (!attendance.onTerminal && attendance.echo) void echoOutput(guest);
  if (!attendance.onTerminal && steps.length === 0) forwardInput(guest).catch(() => {});
  if (steps.length === 0) {
    return (await endOf(guest, seconds)) ?? timedOut(seconds ?? 0);
  }
  try {
    await runScript(guest, steps, begun + (seconds ?? SCRIPT_TIMEOUT) * 1000);
    return { ok: true, exitCode: EXIT_OK, reason: 'everything expected was seen' };
  } catch (error) {
    if (!(error instanceof HypervisorError || error instanceof MachineError)) throw error;
    return { ok: false, exitCode: exitCodeOf(error), reason: error.message };
  }
}

async function echoOutput(guest: Guest): Promise<void> {
  for await (const chunk of guest.serial) await print(chunk);
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
