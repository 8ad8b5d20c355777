/** Puts this process's terminal back as it was, whatever a child did to it. */
import { spawnSync } from 'node:child_process';

/** Remembers the terminal's settings; the result restores them. Without a terminal both do nothing. */
export function rememberTerminal(): () => void {
  if (!process.stdin.isTTY) return () => {};
  const saved = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  const settings = saved.status === 0 ? saved.stdout.trim() : 'sane';
  return () => {
    spawnSync('stty', [settings], { stdio: ['inherit', 'ignore', 'ignore'] });
  };
}
