export { createHeap, type Heap, type HeapOptions } from './heap.ts';
export { loadModule, type ModuleName, ModuleMissingError } from './module.ts';
export { createStandOff, type Stage, type StandOff, type StandOffConfiguration } from './stand-off.ts';
