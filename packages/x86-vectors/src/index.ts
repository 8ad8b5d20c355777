export { applyChanges, type Change } from './change.ts';
export { vectorUrl } from './location.ts';
export * from './state.ts';
export { type RowEntry, type Vector, VectorFile, VectorFileError } from './vector-file.ts';
