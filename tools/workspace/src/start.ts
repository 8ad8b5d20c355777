/** `pnpm start`: builds what has changed, quietly, and boots Drift on its own PC with its shell on this terminal. */
import { run, turbo } from './command.ts';

/** Says what takes the time, unless it takes none. */
function sayAfter(milliseconds: number, text: string): () => void {
  const timer = setTimeout(() => process.stderr.write(`${text}\n`), milliseconds);
  return () => clearTimeout(timer);
}

async function start(): Promise<number> {
  const done = sayAfter(1500, 'Building Drift (about a minute the first time, a second from then on) ...');
  const built = await turbo(['image'], ['--output-logs=errors-only']);
  done();
  if (built.code !== 0) {
    process.stderr.write(built.output);
    return built.code;
  }
  const args = ['apps/cli/dist/main.js', 'run', 'apps/cli/image/drift.img', ...process.argv.slice(2)];
  return (await run(process.execPath, args, { terminal: true })).code;
}

process.exitCode = await start();
