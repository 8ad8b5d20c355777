export { application } from './application.ts';
export { control } from './control.ts';
export { type Intrinsic, type IntrinsicType, intrinsics } from './intrinsics.ts';
export { terminal } from './terminal.ts';
