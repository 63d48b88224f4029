// A page with the built client, for journeys that drive it: `auth` is the client, `events` what it told.
import { createAuth } from "./client/index.js";

const query = new URLSearchParams(location.search);
const auth = createAuth({ baseUrl: `${query.get("api")}/auth/`, ...JSON.parse(query.get("options") ?? "{}") });
const events = [];
for (const name of ["signed-in", "signed-out", "user-changed", "token-refreshed", "refresh-failed"]) {
  auth.on(name, (detail) => events.push({ name, ...detail, error: detail.error?.code }));
}
Object.assign(window, { auth, events });
