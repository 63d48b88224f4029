export { createAuth } from "./auth.js";
export type { ChannelLike, Environment, LocksLike } from "./environment.js";
export {
  AuthError,
  type EndReason,
  type ErrorCode,
  type ErrorDetails,
  type FieldErrors,
  isAuthError,
  type Result,
  toResult,
} from "./errors.js";
export type * from "./types.js";
