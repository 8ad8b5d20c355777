/** What `--help` prints, for the program and for each command. */

export const PROGRAM_HELP = `Drift is an operating system in TypeScript. This program builds disk images of it, runs them, and measures them;
its compiler, assembler and disassembler work on single files, too.

Usage: drift <command> [options]

Commands:
  build   compile applications and the kernels, link them, write a disk image
  run     boot an image on Drift's own PC, QEMU or Bochs, with its shell on this terminal
  bench   measure
  compile compile a WebAssembly module to an ELF object for C programs
  asm     assemble a file
  disasm  show machine code as text

Options:
  -h, --help      help; also: drift <command> --help
  -V, --version   the version

Examples:
  drift run                            boot Drift with its examples; type help at its prompt
  drift build hello.ts -o hello.img    make an image with an application of your own
  drift run hello.img --cores 4        and boot it on four cores

Exit codes: 0 done, 1 the guest or the build failed, 2 usage, 3 something is missing on this host, 42 timeout.
`;

export const COMMAND_HELP: Readonly<Record<string, string>> = {
  build: `Compiles applications and both kernels, links them, and writes a disk image that boots on any PC with a BIOS.

Usage: drift build [app ...] [options]

An app is the path of a TypeScript (AssemblyScript) file or a .wasm module, or the name of an example. Without one, all examples go in.

Options:
  -o, --output FILE        the image; default drift.img
  --elf                    also write FILE.elf, with symbols and lines for gdb
  --map                    also write FILE.map, the addresses of everything
  --start APP[@WORKER]     start the application after boot, on this worker or wherever least is running; may be repeated
  --stand-off [WORKER:]SPIN,PAUSE,LIMIT,MWAIT,MICROSECONDS
                           how that worker, or every one, waits when there is nothing to do: turns of its loop that spin,
                           turns with pauses (-1: for ever), most pauses a turn, 1 to wait by MWAIT, longest timed sleep;
                           the shell's standoff command shows and changes the same
  --json                   one JSON object on stdout
  -h, --help

Examples:
  drift build
  drift build hello mandelbrot -o demo.img
  drift build src/my-app.ts -o my.img --elf --map
  drift build ping pong -o play.img --start pong@1 --start ping@2 --stand-off 2:1000,-1,64,0,0
`,
  run: `Boots an image on a PC that is part of Drift, with the guest's first serial line on this terminal. Nothing needs to be installed.
Ctrl-A x ends it, Ctrl-A h lists other keys.

Usage: drift run [image] [options]

Without an image, one with all examples is built and run. Any raw disk image with a boot sector will do. What the guest writes to a disk is lost at the end.

Options:
  --cores N             logical processors; default 4. In Drift core 0 is Thread/C, the others are workers
  --memory SIZE         such as 64M or 2G; default 512M
  --kernel FILE         boot a Linux bzImage instead of a disk, with
    --initrd FILE       its initramfs and
    --append TEXT       its command line, such as console=ttyS0
  --bios FILE           a BIOS image, such as SeaBIOS, with
    --vga-bios FILE     the VGA BIOS that it wants; default: Drift's own BIOS
  --no-jit              all code is interpreted, none compiled
  --deterministic       time is counted in instructions: the same run every time
  --execution HOW       turns (default): all cores on one thread; parallel: each on a thread of its own, for guests that
                        compute on several cores, where this host has as many processors free; not with
                        --deterministic, --trace, --profile or --times
  --no-restart          end when the guest resets itself
  --expect TEXT         wait until the guest prints TEXT; ends with 0 once everything was seen
  --send TEXT           type TEXT and Enter. --expect and --send are steps, done in the order given: what an
                        --expect waits for must come without any later --send
  --timeout S           seconds for all of it; default 60 with --expect or --send, else none
  --screenshot FILE     write the screen as PNG at the end
  --json                one JSON object on stdout: ok, exitCode, reason, output, ...
  --gdb PORT            wait for gdb on this port of 127.0.0.1, before the first instruction; cores are threads
  --trace FILE          write every instruction, with core and address, to a file; implies --deterministic, and takes its time
  --profile FILE        write where the guest spends its instructions, for https://www.speedscope.app
    --symbols FILE      names of its functions: an ELF file or a System.map (for Linux, with nokaslr); default: Drift's own
    --profile-interval N  instructions of a core between two samples; default 20000
    --profile-by WHAT   what a sample stands for: instructions (default) or time, which they took on this host
  --times               tell where the time to the prompt went; --profile and --times tell at the end what was compiled
  --on drift|qemu|bochs what it runs on; default drift. For QEMU there are
    --machine pc|q35    its chipset; default pc
    --accel auto|kvm|tcg  default auto: KVM where it runs ring 0 properly, which is tried first
    --cpu MODEL         as QEMU's -cpu or Bochs' cpu model takes it; default max
  -h, --help

What is piped in is typed at the prompt. A guest that writes to the exit port (F4h or 501h) ends the run with twice the value plus 1, as in QEMU.

Examples:
  drift run
  drift run drift.img --cores 2 --memory 64M
  drift run --kernel vmlinuz --initrd initrd.gz --append console=ttyS0
  drift run --expect 'drift> ' --send cores --expect 'drift> ' --timeout 30
  printf 'mem\\npoweroff\\n' | drift run
  drift run drift.img --gdb 1234          then, elsewhere: gdb drift.elf -ex 'target remote :1234'
  drift run drift.img --profile drift.json --expect 'drift> '
  drift run drift.img --on qemu --machine q35
`,
  compile: `Compiles a WebAssembly module to an ELF64 object for amd64. Export E of module M is the System V function M.E, an
import of field F of module N is the undefined symbol N.F. Source lines come from FILE.wasm.map, if that exists.

Usage: drift compile FILE.wasm [options]

Options:
  -o, --output FILE        the object; default FILE.o
  --name NAME              of the module, in front of its exports; default the file's
  --base 0|ADDR|register   where linear memory starts: address 0, a fixed address below 2 GiB, or where the record NAME$memory
                           says (base and bytes, 8 bytes each; NAME$initialize writes the static data); default register
  --bounds none|guard|checked
                           how accesses out of bounds are noticed: not at all, by pages that are not mapped up to 8 GiB from the
                           base, or by comparing; default checked, none with --base 0
  --no-grow                memory.grow fails; else it calls drift.memory_grow(base, old bytes, new bytes)
  --vectors none|sse4.1    none refuses floats and vectors; default sse4.1
  --features LIST          instructions that the processor has: popcnt,lzcnt,bmi1,bmi2
  --intrinsics             imports from cpu become machine instructions
  --source-map FILE        of the module
  -h, --help

Examples:
  drift compile math.wasm -o math.o && gcc -no-pie main.c math.o
  drift compile kernel.wasm --base 0 --intrinsics --vectors none
  drift compile app.wasm --base 0x10000000 --bounds guard --features popcnt,lzcnt
`,
  asm: `Assembles a file: Intel syntax, one instruction or directive to a line, comments from ';'.

Usage: drift asm FILE.asm [options]

Options:
  -o, --output FILE   an ELF object where it ends in .o, else plain bytes; default FILE.o
  --bits 16|32|64     code size to begin with; default 64
  -h, --help

Directives: bits N, org ADDRESS, section NAME, align N, global NAME, extern NAME, NAME equ VALUE, db/dw/dd/dq, times N db ...

Examples:
  drift asm boot.asm -o boot.bin --bits 16
  drift asm fast.asm && gcc -no-pie main.c fast.o
`,
  disasm: `Shows machine code as text that drift asm reads: of an ELF object with its symbols and relocations, else of plain bytes.

Usage: drift disasm FILE [options]

Options:
  --bits 16|32|64   code size; default 64
  --base ADDR       address of the first byte
  --offset N        first byte to show; with it, --length or --base an ELF file is plain bytes, too
  --length N        how many
  -h, --help

Examples:
  drift disasm math.o
  drift disasm drift.img --bits 16 --base 0x7c00 --length 512
`,
  bench: `Measures Drift's rings, compiled from TypeScript, beside a ring of the same kind in C (gcc -O2), in the same run.

Usage: drift bench rings [options]

Natively: two threads of a Linux process that links our object code. In the guest: two workers of Drift, with gcc's object code linked
into the image. Rounds are interleaved; minimum and median are of one operation.

Options:
  --native              only natively; needs Linux on amd64, two cores and gcc
  --guest               only in the guest; needs QEMU, and gcc for the comparison
  --rounds N            rounds of the native measurement; default 15
  --accel auto|kvm|tcg  as for run
  --timeout S           seconds for the guest; default 300
  --json                one JSON object on stdout
  -h, --help

Examples:
  drift bench rings
  drift bench rings --native --rounds 50
  drift bench rings --guest --accel tcg --json
`,
};
