/** Workers of Node and of browsers under one face, for those who start them; starter.ts is the other end. */
import { type WorkerThreads, workerThreads } from './worker-threads.ts';

/** A thread as the one that started it sees it. */
export interface Thread {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** It failed: nothing more comes from it. */
  onError(listener: (error: unknown) => void): void;
  /** It is gone: nothing more comes from it. Browsers do not tell. */
  onExit(listener: () => void): void;
  /** Whether it keeps a process of Node from ending. */
  keepsProcess(keeps: boolean): void;
  /** Resolves when it is gone: where it has not left by itself within so many milliseconds, it is killed. */
  leave(milliseconds: number): Promise<void>;
}

/** Whether there are threads at all. */
export function hasWorkers(): boolean {
  return workerThreads() !== undefined || typeof Worker !== 'undefined';
}

/** Whether a machine can have a thread for each core here: a page must be cross-origin isolated for it. */
export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined' || typeof Atomics === 'undefined') return false;
  if (workerThreads() !== undefined) return true;
  return (
    typeof Worker !== 'undefined' && (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true
  );
}

/** Starts the thread of a core: core-worker.ts. */
export function startCoreThread(): Thread {
  const threads = workerThreads();
  if (threads !== undefined) return nodeThread(threads, 'core-worker');
  // Bundlers know a worker by this form alone.
  return browserThread(new Worker(new URL('./core-worker.js', import.meta.url), { type: 'module' }));
}

/** Starts the thread that compiles: compile-worker.ts. */
export function startCompileThread(): Thread {
  const threads = workerThreads();
  if (threads !== undefined) return nodeThread(threads, 'compile-worker');
  return browserThread(new Worker(new URL('./compile-worker.js', import.meta.url), { type: 'module' }));
}

function nodeThread({ Worker: NodeWorkerClass }: WorkerThreads, entry: string): Thread {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(`./${entry}.${fromSource ? 'ts' : 'js'}`, import.meta.url);
  const worker = new NodeWorkerClass(url, { execArgv: fromSource ? ['--conditions=@drift-os/source'] : [] });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => resolve());
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onError: (listener) => worker.on('error', listener),
    onExit: (listener) => worker.on('exit', listener),
    keepsProcess: (keeps) => (keeps ? worker.ref() : worker.unref()),
    leave: async (milliseconds) => {
      const timer = setTimeout(() => void worker.terminate(), milliseconds);
      await exited;
      clearTimeout(timer);
    },
  };
}

function browserThread(worker: Worker): Thread {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onError: (listener) => worker.addEventListener('error', (event) => listener(event.error ?? event.message)),
    onExit: () => {},
    keepsProcess: () => {},
    leave: async () => worker.terminate(),
  };
}
