export { type Intrinsic, type IntrinsicType, intrinsics } from './intrinsics.ts';
