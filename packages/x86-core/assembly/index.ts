/** The runtime: what handlers and regions call, and what TypeScript does with guest memory. Instantiated once for each thread and memory. */
export * from './float';
export * from './integer';
export * from './carryless';
export * from './string-compare';
export * from './elements';
export * from './find';
export * from './exception';
export * from './translate';
export * from './page-walk';
export * from './tlb';
export * from './flags';
export { setSegment } from './segment';
export * from './mode';
export * from './go-on';
export * from './usual-delivery';
export * from './usual-return';
