/** Of Node, where a MessageChannel would load the whole of its fetch first. */
const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };

/** After the other tasks of this thread. setTimeout would wait for a millisecond or four. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
