export {
  createServerClient,
  type ServerClient,
  type ServerClientOptions,
  type ServerSession,
  type SetCookie,
} from "./server/client.js";
export { type RemoteKeysOptions, remoteKeys } from "./server/keys.js";
export { type FindKey, type Principal, type RefusalCode, TokenError, type TokenRules } from "./server/token.js";
export {
  createVerifier,
  type Route,
  type Verifier,
  type VerifierOptions,
  type VerifyOptions,
  verifyAccessToken,
} from "./server/verifier.js";
