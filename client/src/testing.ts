export { createFakeBrowser, type FakeBrowser, type FakeTab } from "./testing/browser.js";
export { createFakeClock, type FakeClock, settle } from "./testing/clock.js";
export type { FakeAnswer, FakeRequest, FakeRoute } from "./testing/routes.js";
export {
  createFakeServer,
  type FakeCall,
  type FakeServer,
  type FakeServerOptions,
  type Fault,
} from "./testing/server.js";
export type { FakeSession, FakeUser } from "./testing/sessions.js";
