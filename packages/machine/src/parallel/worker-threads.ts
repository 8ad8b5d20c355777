/** What is used of Node's worker_threads, where there is a Node. */

interface NodePort {
  postMessage(message: unknown): void;
  on(event: string, listener: (value: unknown) => void): void;
}

interface NodeParentPort extends NodePort {
  close(): void;
}

interface NodeWorker extends NodePort {
  terminate(): Promise<unknown>;
  ref(): void;
  unref(): void;
}

export interface WorkerThreads {
  readonly Worker: new (url: URL, options: { readonly execArgv: readonly string[] }) => NodeWorker;
  readonly parentPort: NodeParentPort | null;
}

/** undefined outside of Node. Not an import, which bundlers for browsers would follow. */
export function workerThreads(): WorkerThreads | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined;
}
