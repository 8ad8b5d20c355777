/** `drift run`: boots an image, with the shell on the terminal or under a script. */
import { existsSync } from 'node:fs';
import {
  checkBootable,
  checkQemuOptions,
  type ExitStatus,
  findProgram,
  HypervisorError,
  type Machine,
  type MemorySize,
  probeKvm,
  type QemuOptions,
  qemuProgram,
  runOnBochs,
  runOnQemu,
} from '@drift-os/hypervisor';
import { type Arguments, readArguments, readChoice, readNumber } from './command-line.ts';
import { EXIT_GUEST_FAILED, EXIT_OK, EXIT_TIMEOUT, exitCodeOf, UsageError } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';
import { runScript, type Step, stepsOf } from './script.ts';

const OPTIONS = {
  on: { type: 'string' },
  cores: { type: 'string' },
  memory: { type: 'string' },
  machine: { type: 'string' },
  accel: { type: 'string' },
  cpu: { type: 'string' },
  expect: { type: 'string', multiple: true },
  send: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  gdb: { type: 'string' },
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
  const hypervisor = readChoice('run', 'on', given.value('on'), ['qemu', 'bochs']) ?? 'qemu';
  const steps = stepsOf(given.uses);
  const seconds =
    readNumber('run', 'timeout', given.value('timeout')) ?? (steps.length > 0 ? SCRIPT_TIMEOUT : undefined);
  const json = given.flag('json');
  const onTerminal =
    hypervisor === 'qemu' && steps.length === 0 && seconds === undefined && !json && process.stdin.isTTY;
  const start = await prepare(given, hypervisor, onTerminal);
  if (image !== undefined) await checkBootable(image);
  const begun = performance.now();
  await using machine = await start(image ?? (await imageOfExamples()));
  const outcome = await attend(machine, { steps, seconds, onTerminal, echo: !json, begun });
  if (json) {
    const milliseconds = Math.round(performance.now() - begun);
    await printJson({ ...outcome, milliseconds, commandLine: machine.commandLine, output: machine.output });
  } else if (outcome.exitCode !== EXIT_OK) {
    process.stderr.write(`\n${outcome.reason}\n`);
  }
  return outcome.exitCode;
}

/** Loaded when needed: an image that is there needs no compiler. */
async function imageOfExamples(): Promise<Uint8Array> {
  const { buildFrom } = await import('./build-command.ts');
  return (await buildFrom([])).disk;
}

/** Checks all options, so that mistakes in them are told before an image is built; the result starts the machine. */
async function prepare(
  given: Arguments,
  hypervisor: 'qemu' | 'bochs',
  onTerminal: boolean,
): Promise<(image: string | Uint8Array) => Promise<Machine>> {
  const cpu = given.value('cpu');
  const shared = {
    memory: (given.value('memory') ?? '512M') as MemorySize,
    onReset: given.flag('no-restart') ? 'end' : 'restart',
    ...(cpu === undefined ? {} : { cpu }),
  } as const;
  if (hypervisor === 'bochs') {
    for (const option of ['cores', 'machine', 'accel', 'gdb']) {
      if (given.flag(option))
        throw new UsageError(`--${option} is for QEMU; Bochs runs one core of one kind of PC.`, 'run');
    }
    return (image) => runOnBochs({ ...shared, image });
  }
  const machine = readChoice('run', 'machine', given.value('machine'), ['pc', 'q35']);
  const gdbPort = readNumber('run', 'gdb', given.value('gdb'));
  const options: Omit<QemuOptions, 'image'> = {
    ...shared,
    cores: readNumber('run', 'cores', given.value('cores')) ?? 4,
    serial: onTerminal ? 'terminal' : 'pipe',
    ...(machine === undefined ? {} : { machine }),
    ...(gdbPort === undefined ? {} : { gdbPort, waitForGdb: true }),
  };
  const wanted = readChoice('run', 'accel', given.value('accel'), ['auto', 'kvm', 'tcg']) ?? 'auto';
  checkQemuOptions(options);
  await findProgram(qemuProgram);
  const accelerator = await chooseAccelerator(wanted);
  return async (image) => {
    if (gdbPort !== undefined) note(`the guest waits for gdb: target remote :${gdbPort}, then continue.`);
    if (onTerminal) process.stderr.write('Ctrl-A x ends QEMU, Ctrl-A c is its monitor.\n');
    return runOnQemu({ ...options, accelerator, image });
  };
}

/** KVM where it is fit for it; where it is not, a note says why the machine is slower than it could be. */
async function chooseAccelerator(wanted: 'auto' | 'kvm' | 'tcg'): Promise<'kvm' | 'tcg'> {
  if (wanted !== 'auto') return wanted;
  const { usable, reason } = await probeKvm();
  if (usable) return 'kvm';
  note(`KVM is not usable here: ${reason}. QEMU translates instead (TCG), which is slower.`);
  return 'tcg';
}

interface Outcome {
  readonly ok: boolean;
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
}

interface Attendance {
  readonly steps: readonly Step[];
  readonly seconds: number | undefined;
  readonly onTerminal: boolean;
  readonly echo: boolean;
  readonly begun: number;
}

/** Stays with the machine until its script is done, it ends, or its time is up. */
async function attend(machine: Machine, attendance: Attendance): Promise<Outcome> {
  const { steps, seconds, begun } = attendance;
  if (!attendance.onTerminal && attendance.echo) void echoOutput(machine);
  if (!attendance.onTerminal && steps.length === 0) forwardInput(machine).catch(() => {});
  if (steps.length === 0) {
    const status = await endOf(machine, seconds);
    return status === undefined ? timedOut(seconds ?? 0) : outcomeOf(status);
  }
  try {
    await runScript(machine, steps, begun + (seconds ?? SCRIPT_TIMEOUT) * 1000);
    return { ok: true, exitCode: EXIT_OK, reason: 'everything expected was seen' };
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return { ok: false, exitCode: exitCodeOf(error), reason: error.message };
  }
}

async function echoOutput(machine: Machine): Promise<void> {
  for await (const chunk of machine.serial) await print(chunk);
}

/** What is piped into `drift run` is typed in the guest, once its shell has prompted for it. */
async function forwardInput(machine: Machine): Promise<void> {
  await machine.waitFor(PROMPT, { timeout: PROMPT_TIMEOUT });
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    void machine.send(text.replaceAll('\n', '\r'));
  });
  // A pipe that somebody keeps open must not keep this process after the machine ended. A file has no `unref`.
  (process.stdin as { unref?: () => void }).unref?.();
}

/** How the machine ended by itself; undefined when `seconds` are over first. */
async function endOf(machine: Machine, seconds: number | undefined): Promise<ExitStatus | undefined> {
  if (seconds === undefined) return machine.exitStatus;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), seconds * 1000);
  });
  const status = await Promise.race([machine.exitStatus, timeout]);
  clearTimeout(timer);
  return status;
}

function timedOut(seconds: number): Outcome {
  return { ok: false, exitCode: EXIT_TIMEOUT, reason: `The guest still ran after ${seconds} seconds; it was ended.` };
}

function outcomeOf(status: ExitStatus): Outcome {
  if (status.code === 0) return { ok: true, exitCode: EXIT_OK, reason: 'the guest powered off' };
  const how = status.signal ?? `exit code ${status.code}`;
  const reason = `The machine failed (${how}). ${status.messages}`.trim();
  return { ok: false, exitCode: EXIT_GUEST_FAILED, reason };
}
