/** Values of the fields of control and application messages (src/control.ts, src/application.ts). */

/** `log.level` */
export const LOG_ERROR = 1;
export const LOG_WARNING = 2;
export const LOG_INFORMATION = 3;
export const LOG_DEBUG = 4;
/** Longest text of one log message, in bytes. */
export const LOG_TEXT_LIMIT = 240;

/** `pageRequest.purpose`: what the ledger prints for the pages. */
export const PURPOSE_APPLICATION = 1;
export const PURPOSE_HEAP = 2;
export const PURPOSE_BUFFER = 3;

/** `pageProtect.protection`: what the page allows, one of these. */
export const PROTECTION_NONE = 0;
export const PROTECTION_READ = 1;
export const PROTECTION_READ_WRITE = 2;
export const PROTECTION_READ_EXECUTE = 3;

/** `applicationState.state` */
export const APPLICATION_STARTING = 1;
export const APPLICATION_RUNNING = 2;
/** Its `stop` has run; nothing of its code will run again. Thread/C takes everything back that it held. */
export const APPLICATION_STOPPED = 3;
/** As APPLICATION_STOPPED, but it did not end by itself or on request; `status` says why. */
export const APPLICATION_FAILED = 4;

/** `status` of results, refusals, closures and ends. */
export const STATUS_OK = 0;
export const STATUS_OUT_OF_MEMORY = 1;
/** The range is not the sender's, or not known. */
export const STATUS_NOT_YOURS = 2;
/** Another holds it. */
export const STATUS_HELD = 3;
export const STATUS_INTERFACE_MISMATCH = 4;
/** The service name is served already. */
export const STATUS_NAME_TAKEN = 5;
/** More instances, channels or services than there are places for. */
export const STATUS_TOO_MANY = 6;
export const STATUS_NO_SUCH_MODULE = 7;
/** The module has no entry point that could run, or its instance runs already. */
export const STATUS_NOT_STARTABLE = 8;
/** A message was malformed or not expected. */
export const STATUS_PROTOCOL = 9;
/** It does not take messages from its private channel. */
export const STATUS_UNRESPONSIVE = 10;
/** The other end is gone. */
export const STATUS_PEER_GONE = 11;
/** Asked for by the user or by Thread/C. */
export const STATUS_REQUESTED = 12;
/** The application threw. */
export const STATUS_ABORTED = 13;

/** `channelGrant.role` */
export const ROLE_SERVER = 1;
export const ROLE_CLIENT = 2;

/** Longest service name, in bytes. */
export const SERVICE_NAME_LIMIT = 48;
/** Longest argument string of an application, in bytes; the same as APPLICATION_ARGUMENT_LIMIT. */
export const ARGUMENT_LIMIT = 512;
