/**
 * What `deliverUsual` (assembly/usual-delivery.ts) is told of an event beside its vector: bits.
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */

/** It pushes an error code. */
export const EVENT_HAS_CODE = 1;
/** RF is pushed set. */
export const EVENT_RESUMES = 2;
/** The gate's DPL must let the program through. */
export const EVENT_SOFTWARE = 4;
