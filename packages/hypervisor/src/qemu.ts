/** Runs a disk image on QEMU. */
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { type StartedChild, sinkTo, startChild } from './child.ts';
import { HypervisorError } from './errors.ts';
import { probeKvm } from './kvm-probe.ts';
import { type ExitStatus, Machine, type MachineParts } from './machine.ts';
import { type Accelerator, checkImage, type QemuOptions } from './options.ts';
import { PacedWriter } from './paced-writer.ts';
import { PrivateFolder } from './private-folder.ts';
import { findProgram, qemuProgram } from './program.ts';
import { checkQemuOptions, qemuArguments } from './qemu-arguments.ts';
import { QmpClient } from './qmp.ts';
import { screenFromTextMemory, SerialText, TEXT_BYTES, TEXT_MEMORY } from '@drift-os/console';
import { rememberTerminal } from './terminal.ts';

export class QemuMachine extends Machine {
  readonly accelerator: Accelerator;
  readonly #monitor: QmpClient;
  readonly #folder: PrivateFolder;
  #screens = 0;

  constructor(parts: MachineParts, accelerator: Accelerator, monitor: QmpClient, folder: PrivateFolder) {
    super(parts);
    this.accelerator = accelerator;
    this.#monitor = monitor;
    this.#folder = folder;
  }

  /** Runs a command of QEMU's monitor (QMP), such as 'query-cpus-fast'. */
  monitor(command: string, options?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#monitor.execute(command, options);
  }

  /** The guest's physical memory as it is now. */
  async readMemory(address: number, bytes: number): Promise<Uint8Array> {
    const filename = this.#folder.file(`memory-${this.#screens++}`);
    await this.#monitor.execute('pmemsave', { val: address, size: bytes, filename });
    return await readFile(filename);
  }

  override async screenText(): Promise<string> {
    return screenFromTextMemory(await this.readMemory(TEXT_MEMORY, TEXT_BYTES));
  }
}

/**
 * Starts QEMU; resolves when its monitor answers, which is when the guest begins to run.
 *
 * @throws HypervisorError OPTION_INVALID, PROGRAM_MISSING, or START_FAILED with QEMU's own message.
 */
export async function runOnQemu(options: QemuOptions): Promise<QemuMachine> {
  checkQemuOptions(options);
  await checkImage(options.image);
  const program = await findProgram(qemuProgram, options.program);
  const accelerator = await choose(options.accelerator ?? 'auto', program);
  const folder = await PrivateFolder.create();
  const monitorPath = folder.file('monitor');
  const server = createServer();
  try {
    const imagePath = await folder.image(options.image);
    await new Promise<void>((resolve) => server.listen(monitorPath, resolve));
    const args = qemuArguments(options, { imagePath, monitorPath, accelerator });
    const onTerminal = options.serial === 'terminal';
    const restore = onTerminal ? rememberTerminal() : () => {};
    const stdio = onTerminal ? (['inherit', 'inherit', 'pipe'] as const) : (['pipe', 'pipe', 'pipe'] as const);
    const started = await startChild({ program, args, stdio: [...stdio], afterwards: restore });
    const serial = serialOf(started, onTerminal);
    const exitStatus = started.ended.then(async (status) => {
      serial.end(ending(status));
      await folder.remove();
      return status;
    });
    const monitor = await monitorOf(server, started, exitStatus);
    const writer = new PacedWriter(sinkTo(started.child.stdin));
    const parts = { commandLine: [program, ...args], child: started.child, serial, writer, exitStatus };
    return new QemuMachine(parts, accelerator, monitor, folder);
  } catch (error) {
    await folder.remove();
    throw error;
  } finally {
    server.close();
  }
}

async function choose(wanted: 'auto' | Accelerator, program: string): Promise<Accelerator> {
  if (wanted !== 'auto') return wanted;
  return (await probeKvm({ program })).usable ? 'kvm' : 'tcg';
}

function serialOf(started: StartedChild, onTerminal: boolean): SerialText {
  const serial = new SerialText((code, message) => new HypervisorError(code, message));
  if (onTerminal) serial.end('the serial line is on the terminal');
  started.child.stdout?.setEncoding('utf8').on('data', (text: string) => serial.append(text));
  return serial;
}

/** The monitor's connection, which QEMU opens before the guest runs; a QEMU that refuses its arguments exits instead. */
async function monitorOf(
  server: ReturnType<typeof createServer>,
  started: StartedChild,
  exitStatus: Promise<ExitStatus>,
): Promise<QmpClient> {
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const first = await Promise.race([connected, exitStatus]);
  if ('code' in first) {
    throw new HypervisorError('START_FAILED', `QEMU did not start: ${first.messages.trim() || ending(first)}`);
  }
  try {
    return await QmpClient.open(first);
  } catch (error) {
    started.child.kill('SIGKILL');
    const { messages } = await exitStatus;
    throw new HypervisorError('START_FAILED', `QEMU did not start: ${messages.trim()}`, { cause: error });
  }
}

/** How the machine ended, as the end of a sentence. */
function ending(status: ExitStatus): string {
  const how = status.signal === null ? `exit code ${status.code}` : status.signal;
  const messages = status.messages.trim();
  return `the machine ended (${how})${messages === '' ? '' : `; QEMU says: ${messages}`}`;
}
