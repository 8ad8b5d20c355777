export {
  type FieldDeclaration,
  type FieldDeclarations,
  type FieldType,
  InterfaceError,
  type MessageDeclaration,
  type MessageDeclarations,
  type ScalarType,
} from './interface/declaration.ts';
export { type AnyInterface, defineInterface, type Interface, type Message } from './interface/define-interface.ts';
export { generateAssembly } from './interface/generate-assembly.ts';
export { generateC } from './interface/generate-c.ts';
export { interfaceHash } from './interface/hash.ts';
export type { FieldLayout, MessageLayout } from './interface/message-layout.ts';
export type { MessageView } from './interface/message-view.ts';
