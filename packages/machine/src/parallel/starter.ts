/** The end of a Worker's line that is in the Worker. Apart from threads.ts: bundlers follow what starts workers, and none of these starts another. */
import { workerThreads } from './worker-threads.ts';

/** The thread that started this one. */
export interface Starter {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** This thread ends as soon as nothing of its own keeps it. */
  close(): void;
}

/** In a thread that was started. */
export function starter(): Starter {
  const port = workerThreads()?.parentPort;
  if (port !== undefined && port !== null) {
    return {
      post: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', listener),
      close: () => port.close(),
    };
  }
  const scope = globalThis as unknown as {
    close(): void;
    postMessage(message: unknown): void;
    addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  };
  return {
    post: (message) => scope.postMessage(message),
    onMessage: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
    close: () => scope.close(),
  };
}
