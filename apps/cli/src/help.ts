/** What `--help` prints, for the program and for each command. */

export const PROGRAM_HELP = `Drift is an operating system in TypeScript. This program builds disk images of it, runs them, and measures them.

Usage: drift <command> [options]

Commands:
  build   compile applications and the kernels, link them, write a disk image
  run     boot an image in QEMU or Bochs, with its shell on this terminal
  bench   measure

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
  run: `Boots an image with its shell on this terminal. Ctrl-A x ends QEMU, Ctrl-A c switches to its monitor.

Usage: drift run [image] [options]

Without an image, one with all examples is built and run.

Options:
  --on qemu|bochs       the hypervisor; default qemu
  --cores N             logical processors; default 4. Core 0 is Thread/C, the others are workers
  --memory SIZE         such as 64M or 5G; default 512M
  --machine pc|q35      QEMU's chipset; default pc
  --accel auto|kvm|tcg  default auto: KVM where it runs ring 0 properly, which is tried first
  --cpu MODEL           as QEMU's -cpu or Bochs' cpu model takes it; default max
  --no-restart          end when the guest resets itself
  --gdb PORT            wait for gdb on this port
  --expect TEXT         wait until the guest prints TEXT; ends with 0 once everything was seen
  --send TEXT           type TEXT and Enter. --expect and --send are steps, done in the order given: what an
                        --expect waits for must come without any later --send
  --timeout S           seconds for all of it; default 60 with --expect or --send, else none
  --json                one JSON object on stdout: ok, exitCode, reason, output, ...
  -h, --help

What is piped in is typed at the prompt.

Examples:
  drift run
  drift run drift.img --cores 2 --memory 64M --machine q35
  drift run --expect 'drift> ' --send cores --expect 'drift> ' --timeout 30
  printf 'mem\\npoweroff\\n' | drift run
  drift run --json --expect 'drift> '
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
