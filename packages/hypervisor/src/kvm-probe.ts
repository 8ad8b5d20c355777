/**
 * Whether KVM is fit to run an operating system here. That /dev/kvm exists does not tell: where virtual machines are nested, ring 0
 * may go through an instruction emulator that knows no vector instructions. So a few of them are run, in ring 0.
 */
import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { PrivateFolder } from './private-folder.ts';
import { findProgram, qemuProgram } from './program.ts';

export interface KvmProbe {
  readonly usable: boolean;
  /** One sentence: why it is or is not. */
  readonly reason: string;
}

export interface KvmProbeOptions {
  /** QEMU's program. */
  readonly program?: string;
  /** Milliseconds the probe may take. Default 5000. */
  readonly timeout?: number;
  /** False probes anew, whatever an earlier probe of this boot has found. Default true. */
  readonly cached?: boolean;
}

/** Reported through QEMU's isa-debug-exit device, whose exit code is `value * 2 + 1`. */
const DEBUG_EXIT_PORT = 0xf4;
const EXPECTED_EXIT = 1 * 2 + 1;

/** A boot sector: protected mode, SSE on, 0 - (-1) in four lanes, lane 2 to the debug-exit port. */
// biome-ignore format: one instruction to a line
const CODE = [
  0xfa,                                                 // cli
  0x31, 0xc0,                                           // xor ax, ax
  0x8e, 0xd8,                                           // mov ds, ax
  0x0f, 0x01, 0x16, 0x4d, 0x7c,                         // lgdt [7c4d]
  0x0f, 0x20, 0xc0,                                     // mov eax, cr0
  0x66, 0x83, 0xe0, 0xfb,                               // and eax, ~4          EM off
  0x0c, 0x03,                                           // or al, 3             MP, PE on
  0x0f, 0x22, 0xc0,                                     // mov cr0, eax
  0x66, 0xea, 0x1e, 0x7c, 0x00, 0x00, 0x08, 0x00,       // jmp 8:7c1e           32-bit code from here
  0x66, 0xb8, 0x10, 0x00,                               // mov ax, 10h
  0x8e, 0xd8,                                           // mov ds, ax
  0x0f, 0x20, 0xe0,                                     // mov eax, cr4
  0x0d, 0x00, 0x06, 0x00, 0x00,                         // or eax, 600h         OSFXSR, OSXMMEXCPT
  0x0f, 0x22, 0xe0,                                     // mov cr4, eax
  0x66, 0x0f, 0x76, 0xc0,                               // pcmpeqd xmm0, xmm0   -1 in each lane
  0x66, 0x0f, 0xef, 0xc9,                               // pxor xmm1, xmm1
  0x66, 0x0f, 0xfa, 0xc8,                               // psubd xmm1, xmm0     1 in each lane
  0xf3, 0x0f, 0x7f, 0x0d, 0x00, 0x05, 0x00, 0x00,       // movdqu [500], xmm1
  0xa1, 0x08, 0x05, 0x00, 0x00,                         // mov eax, [508]
  0xe6, DEBUG_EXIT_PORT,                                // out f4h, al
  0xf4,                                                 // hlt
  0xeb, 0xfd,                                           // jmp to the hlt
  0x17, 0x00, 0x53, 0x7c, 0x00, 0x00,                   // 7c4d: limit and base of the table
  0, 0, 0, 0, 0, 0, 0, 0,                               // 7c53: null
  0xff, 0xff, 0x00, 0x00, 0x00, 0x9a, 0xcf, 0x00,       // 8: code, 4 GiB
  0xff, 0xff, 0x00, 0x00, 0x00, 0x92, 0xcf, 0x00,       // 10h: data, 4 GiB
];

/** The probe's disk image: one sector. */
export function probeSector(): Uint8Array {
  const sector = new Uint8Array(512);
  sector.set(CODE);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/**
 * Finds out whether `-accel kvm` runs ring 0 properly here. The answer is kept until the host is booted again.
 *
 * @throws HypervisorError PROGRAM_MISSING.
 */
export async function probeKvm(options: KvmProbeOptions = {}): Promise<KvmProbe> {
  const program = await findProgram(qemuProgram, options.program);
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    const exists = await stat('/dev/kvm').then(
      () => true,
      () => false,
    );
    const reason = exists ? 'this user may not open /dev/kvm' : 'this host has no /dev/kvm';
    return { usable: false, reason };
  }
  const cache = await cachePath(program);
  const known = options.cached === false ? undefined : await readCache(cache);
  if (known !== undefined) return known;
  const probe = await runProbe(program, 'kvm', options.timeout ?? 5000);
  if (cache !== undefined) await writeFile(cache, JSON.stringify(probe), { mode: 0o600 }).catch(() => {});
  return probe;
}

/** Boots the probe sector with one accelerator; with 'tcg' it shows that the sector itself is right. */
export async function runProbe(program: string, accelerator: 'kvm' | 'tcg', timeout: number): Promise<KvmProbe> {
  const folder = await PrivateFolder.create();
  try {
    const image = await folder.image(probeSector());
    const args = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '16M'];
    args.push('-machine', 'pc', '-accel', accelerator, '-cpu', 'max');
    args.push('-device', `isa-debug-exit,iobase=${DEBUG_EXIT_PORT},iosize=1`);
    args.push('-drive', `file=${image},format=raw,if=ide,snapshot=on`);
    const { child, ended } = await startChild({ program, args, stdio: ['ignore', 'ignore', 'pipe'] });
    // After an internal error of KVM, QEMU stays there with a stopped machine.
    let complaint = '';
    child.stderr?.on('data', (text: string) => {
      complaint += text;
      if (complaint.includes('KVM internal error')) child.kill('SIGKILL');
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const { code, messages } = await ended;
    clearTimeout(timer);
    if (code === EXPECTED_EXIT) return { usable: true, reason: 'vector instructions ran in ring 0' };
    const said = messages.trim().split('\n')[0] ?? '';
    return { usable: false, reason: `vector instructions did not run in ring 0 (${said || `exit code ${code}`})` };
  } finally {
    await folder.remove();
  }
}

/** One file for each boot of the host, user and QEMU; undefined where the host does not tell one boot from another. */
async function cachePath(program: string): Promise<string | undefined> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const { mtimeMs } = await stat(program);
    return join(tmpdir(), `drift-kvm-${process.getuid?.() ?? 0}-${boot}-${Math.trunc(mtimeMs)}.json`);
  } catch {
    return undefined;
  }
}

/** What was found before, if this user wrote it. */
async function readCache(path: string | undefined): Promise<KvmProbe | undefined> {
  if (path === undefined) return undefined;
  try {
    if ((await stat(path)).uid !== process.getuid?.()) return undefined;
    const known = JSON.parse(await readFile(path, 'utf8')) as Partial<KvmProbe>;
    if (typeof known.usable !== 'boolean' || typeof known.reason !== 'string') return undefined;
    return { usable: known.usable, reason: known.reason };
  } catch {
    return undefined;
  }
}
